import type { Relief } from './relief.js'

/** Pieces smaller than this share of the picture are taken away: what floats beside a shape is a mistake of its formula. */
const SMALLEST = 0.0004

/** Takes away pieces of the surface that hang together with nothing. */
export function dropSpecks({ width, height, z }: Relief): void {
  const seen = new Uint8Array(z.length)
  const piece = new Int32Array(z.length)
  const least = SMALLEST * z.length
  for (let start = 0; start < z.length; start++) {
    if (seen[start] || z[start] === -Infinity) continue
    let size = 0
    let next = 0
    const visit = (i: number): void => {
      if (seen[i] || z[i] === -Infinity) return
      seen[i] = 1
      piece[size++] = i
    }
    visit(start)
    while (next < size) {
      const i = piece[next++]
      const column = i % width
      if (column > 0) visit(i - 1)
      if (column < width - 1) visit(i + 1)
      if (i >= width) visit(i - width)
      if (i < width * (height - 1)) visit(i + width)
    }
    if (size < least) for (let k = 0; k < size; k++) z[piece[k]] = -Infinity
  }
}
