// Colour and depth as PNG, the settings as a sidecar.
import { writeFile } from 'node:fs/promises'
import sharp from 'sharp'

const TOP = 65535

/**
 * Writes `<name>.color.png`, `<name>.depth.png` and `<name>.depth.json`.
 *
 * @param rgb 0..1 @param levels 0..1 per pixel; 0 = the farthest, or nothing under `"black": "cut"`
 */
export async function writePicture(folder, scene, rgb, levels) {
  const { name, width, height, settings } = scene
  const color = new Uint8Array(rgb.length)
  for (let i = 0; i < rgb.length; i++) color[i] = Math.round(Math.min(1, Math.max(0, rgb[i])) * 255)
  const depth = new Uint16Array(levels.length)
  for (let i = 0; i < levels.length; i++) depth[i] = Math.round(Math.min(1, Math.max(0, levels[i])) * TOP)
  // No `effort`: it would make sharp write a palette of 256 colours.
  const png = { compressionLevel: 9, adaptiveFiltering: true }
  const shape = { width, height }
  const [colorPng, depthPng] = await Promise.all([
    sharp(color, { raw: { ...shape, channels: 3 } }).png(png).toBuffer(),
    sharp(depth, { raw: { ...shape, channels: 1 } }).toColourspace('grey16').png(png).toBuffer(),
  ])
  await writeFile(new URL(`${name}.color.png`, folder), colorPng)
  await writeFile(new URL(`${name}.depth.png`, folder), depthPng)
  await writeFile(new URL(`${name}.depth.json`, folder), `${JSON.stringify({ $schema: '../../../../schema.json', ...settings }, null, 2)}\n`)
  return { color: colorPng.length, depth: depthPng.length }
}

/**
 * Gives the rim of a cut-out the depth of what is nearest to it: seen edge-on, a wall's side is a few pixels of every depth, which would stand behind it like torn paper.
 *
 * @param depth metres, Infinity where nothing is @param reach pixels
 */
export function snapRim(depth, width, height, reach) {
  const before = depth.slice()
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x
      if (before[i] === Infinity) continue
      let nearest = before[i]
      let isRim = false
      for (let ny = Math.max(0, y - reach); ny <= Math.min(height - 1, y + reach); ny++) {
        for (let nx = Math.max(0, x - reach); nx <= Math.min(width - 1, x + reach); nx++) {
          const other = before[ny * width + nx]
          if (other === Infinity) isRim = true
          else if (other < nearest) nearest = other
        }
      }
      if (isRim) depth[i] = nearest
    }
  }
}

/** Carries the colours of a cut-out outward, so that filtering at its rim finds rock there and no black. */
export function bleed(rgb, known, width, height, reach) {
  const filled = known.slice()
  for (let pass = 0; pass < reach; pass++) {
    const grown = []
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const i = y * width + x
        if (filled[i]) continue
        let count = 0
        const sum = [0, 0, 0]
        for (let dy = -1; dy <= 1; dy++) {
          for (let dx = -1; dx <= 1; dx++) {
            const nx = x + dx
            const ny = y + dy
            if (nx < 0 || ny < 0 || nx >= width || ny >= height || !filled[ny * width + nx]) continue
            count++
            for (let c = 0; c < 3; c++) sum[c] += rgb[(ny * width + nx) * 3 + c]
          }
        }
        if (count > 0) grown.push([i, sum[0] / count, sum[1] / count, sum[2] / count])
      }
    }
    if (grown.length === 0) return
    for (const [i, ...color] of grown) {
      rgb.set(color, i * 3)
      filled[i] = 1
    }
  }
}
