/** Connected areas of a mask. */
export interface Areas {
  /** Each pixel's area, numbered from 0 in the order of their first pixel; −1 outside the mask. */
  labels: Int32Array
  count: number
  /** What they are made of: from each start up to, not including, the end. */
  runs: { starts: readonly number[]; ends: readonly number[] }
}

/**
 * Finds the connected areas (4 neighbours) of a mask. Runs along the rows are what is connected, not pixels:
 *
 * ```
 * ██ ███   ██     runs 0 1 2
 *  █████  ███     runs 3 4: 3 touches 0 and 1, 4 touches 2
 * ```
 */
export function labelAreas(width: number, height: number, inside: (i: number) => boolean): Areas {
  // (1) The runs, and which of them touch. The smaller of two numbers stays the root, so that a root comes before what hangs on it.
  const starts: number[] = []
  const ends: number[] = []
  const parent: number[] = []
  const root = (run: number) => {
    while (parent[run] !== run) {
      parent[run] = parent[parent[run]]
      run = parent[run]
    }
    return run
  }
  let above = 0 // the first run of the row above that can touch one of this row
  for (let y = 0; y < height; y++) {
    const first = starts.length
    const rowEnd = (y + 1) * width
    for (let i = rowEnd - width; i < rowEnd; i++) {
      if (!inside(i)) continue
      const start = i
      while (i < rowEnd && inside(i)) i++
      const run = starts.length
      starts.push(start)
      ends.push(i)
      parent.push(run)
      while (above < first && ends[above] <= start - width) above++
      for (let touching = above; touching < first && starts[touching] < i - width; touching++) {
        const [a, b] = [root(touching), root(run)]
        parent[Math.max(a, b)] = Math.min(a, b)
      }
    }
    above = first
  }

  // (2) Numbers in the order of the roots, and to every pixel that of its run.
  const labels = new Int32Array(width * height).fill(-1)
  const numbers = new Int32Array(starts.length)
  let count = 0
  for (let run = 0; run < starts.length; run++) {
    numbers[run] = parent[run] === run ? count++ : numbers[root(run)]
    labels.fill(numbers[run], starts[run], ends[run])
  }
  return { labels, count, runs: { starts, ends } }
}
