import sharp from 'sharp'

/** A 16-bit gray PNG from a formula that gives 0..1 at pixel (x, y). */
export async function gray16(width: number, height: number, level: (x: number, y: number) => number): Promise<Uint8Array> {
  const levels = new Uint16Array(width * height)
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) levels[y * width + x] = Math.round(level(x, y) * 65535)
  return sharp(levels, { raw: { width, height, channels: 1 } }).toColourspace('grey16').png().toBuffer()
}

/** An 8-bit RGB PNG from a formula that gives [r, g, b] in 0..255 at pixel (x, y). */
export async function rgb8(width: number, height: number, pixel: (x: number, y: number) => readonly [number, number, number]): Promise<Uint8Array> {
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set(pixel(x, y), (y * width + x) * 3)
  return sharp(data, { raw: { width, height, channels: 3 } }).png().toBuffer()
}
