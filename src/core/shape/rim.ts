import type { Relief } from './relief.js'

/** Lets the outline end on the picture plane: sides are closed to the back, and no pixel of chance depth hangs out like torn paper. */
export function closeRim({ width, height, z }: Relief): void {
  const nothing = (x: number, y: number): boolean => x < 0 || y < 0 || x >= width || y >= height || z[y * width + x] === -Infinity
  const rim: number[] = []
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (z[y * width + x] !== -Infinity && (nothing(x - 1, y) || nothing(x + 1, y) || nothing(x, y - 1) || nothing(x, y + 1))) rim.push(y * width + x)
    }
  }
  for (const i of rim) z[i] = 0
}
