/** Connected areas of a mask. */
export interface Areas {
  /** Each pixel's area, numbered from 0 in the order of their first pixel; −1 outside the mask. */
  labels: Int32Array
  count: number
}

/** Finds the connected areas (4 neighbours) of a mask: union-find over the rows, then one pass that numbers them. */
export function labelAreas(width: number, height: number, inside: (i: number) => boolean): Areas {
  const parent = new Int32Array(width * height).fill(-1)
  const root = (i: number) => {
    while (parent[i] !== i) {
      parent[i] = parent[parent[i]]
      i = parent[i]
    }
    return i
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x
      if (!inside(i)) continue
      const left = x > 0 && parent[i - 1] >= 0 ? root(i - 1) : -1
      const above = y > 0 && parent[i - width] >= 0 ? root(i - width) : -1
      if (left < 0 && above < 0) parent[i] = i
      else if (left < 0) parent[i] = above
      else {
        parent[i] = left
        // The smaller index stays the root, so that a root always comes before its pixels.
        if (above >= 0 && above < left) {
          parent[left] = above
          parent[i] = above
        } else if (above > left) parent[above] = left
      }
    }
  }
  let count = 0
  for (let i = 0; i < parent.length; i++) {
    if (parent[i] < 0) continue
    // A root is its own parent and comes first: from here on its entry holds −2 − label, so that labels and indices do not mix.
    parent[i] = parent[i] === i ? -2 - count++ : parent[numbered(parent, parent[i])]
  }
  for (let i = 0; i < parent.length; i++) if (parent[i] < -1) parent[i] = -2 - parent[i]
  return { labels: parent, count }
}

/** Up to a pixel that has been numbered. */
function numbered(parent: Int32Array, i: number): number {
  while (parent[i] >= 0) i = parent[i]
  return i
}
