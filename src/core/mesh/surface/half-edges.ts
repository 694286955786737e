// Half-edges by number: 3t + i is the i-th side of triangle t.

/** Vertices of more triangles than this are left as they are. */
export const MOST_AROUND = 64

/** The half-edge after this one in its triangle. */
export function nextOf(e: number): number {
  return e % 3 === 2 ? e - 2 : e + 1
}

/** The half-edge before this one in its triangle. */
export function lastOf(e: number): number {
  return e % 3 === 0 ? e + 2 : e - 1
}

/** For each half-edge 3t + i the one on its other side, −1 at boundaries. */
export function linkTriangles(triangles: Uint32Array, vertexCount: number): Int32Array {
  // of each vertex the half-edges that leave it, the last first
  const first = new Int32Array(vertexCount).fill(-1)
  const after = new Int32Array(triangles.length)
  const twin = new Int32Array(triangles.length).fill(-1)
  for (let t = 0; t < triangles.length; t += 3) {
    for (let k = 0; k < 3; k++) {
      const e = t + k
      const a = triangles[e]
      const b = triangles[k === 2 ? t : e + 1]
      after[e] = first[a]
      first[a] = e
      for (let f = first[b]; f >= 0; f = after[f]) {
        if (triangles[nextOf(f)] !== a) continue
        twin[e] = f
        if (twin[f] < 0) twin[f] = e
        break
      }
    }
  }
  return twin
}

/** Makes two half-edges each other's other side; −1 for a boundary. */
export function link(twin: Int32Array, e: number, f: number): void {
  twin[e] = f
  if (f >= 0) twin[f] = e
}

/** Collects the half-edges that leave the vertex that `first` leaves, one after the other; how many, or −1 where triangles do not surround it. */
export function walkAround(first: number, twin: Int32Array, around: Int32Array): number {
  let n = 0
  let e = first
  do {
    if (n === around.length) return -1
    around[n++] = e
    e = twin[lastOf(e)]
    if (e < 0) return -1
  } while (e !== first)
  return n
}
