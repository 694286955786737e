import type { Variation } from '../variation.js'
import type { Picture } from './color.js'

/** The colour picture of a variation: bent, mirrored and re-framed as its map is. Bilinear. */
export function varyPicture(picture: Picture, variation: Variation): Picture {
  const { width, height, channels, pixels } = picture
  const varied = new Uint8Array(pixels.length)
  const from = new Float64Array(2)
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i += channels) {
      variation.source((x + 0.5) / width, (y + 0.5) / height, from)
      const sx = Math.max(0, from[0] * width - 0.5)
      const sy = Math.max(0, from[1] * height - 0.5)
      const x0 = Math.floor(sx)
      const y0 = Math.floor(sy)
      const fx = sx - x0
      const fy = sy - y0
      const a = (y0 * width + x0) * channels
      const b = a + (x0 + 1 < width ? channels : 0)
      const down = y0 + 1 < height ? width * channels : 0
      for (let c = 0; c < channels; c++) {
        const top = pixels[a + c] + (pixels[b + c] - pixels[a + c]) * fx
        const bottom = pixels[a + down + c] + (pixels[b + down + c] - pixels[a + down + c]) * fx
        varied[i + c] = Math.round(top + (bottom - top) * fy)
      }
    }
  }
  return { ...picture, pixels: varied }
}
