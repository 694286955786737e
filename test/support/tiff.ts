/** An uncompressed TIFF written by hand, one strip. */
export interface TiffRecipe {
  width: number
  height: number
  /** Samples as stored, in their own type, pixel by pixel. */
  samples: Uint8Array | Uint16Array | Uint32Array | Int16Array | Float32Array | Float64Array
  bitDepth: number
  /** 1 whole, 2 signed, 3 float. */
  sampleFormat?: number
  channels?: number
  /** 0 white is zero, 1 gray, 2 RGB, 3 palette. */
  photometric?: number
  bigEndian?: boolean
  bigTiff?: boolean
  /** Further tags: [id, type (2 text, 3 SHORT, 4 LONG), values]. */
  tags?: readonly (readonly [number, number, string | readonly number[]])[]
}

export function makeTiff(recipe: TiffRecipe): Uint8Array {
  const { width, height, samples, bitDepth, sampleFormat = 1, channels = 1, photometric = 1, bigEndian = false, bigTiff = false, tags = [] } = recipe
  const little = !bigEndian
  const data = Buffer.from(samples.slice().buffer)
  if (bigEndian && samples.BYTES_PER_ELEMENT === 2) data.swap16()
  if (bigEndian && samples.BYTES_PER_ELEMENT === 4) data.swap32()
  const each = (value: number): number[] => Array.from({ length: channels }, () => value)
  const word = bigTiff ? 8 : 4
  const start = bigTiff ? 16 : 8
  const all: [number, number, string | readonly number[]][] = [
    [256, 4, [width]],
    [257, 4, [height]],
    [258, 3, each(bitDepth)],
    [259, 3, [1]],
    [262, 3, [photometric]],
    [273, 4, [start]],
    [277, 3, [channels]],
    [278, 4, [height]],
    [279, 4, [data.length]],
    [339, 3, each(sampleFormat)],
    ...tags.map(([id, type, values]): [number, number, string | readonly number[]] => [id, type, values]),
  ]
  all.sort((a, b) => a[0] - b[0])

  const directory = start + data.length + (data.length % 2)
  const entry = 4 + 2 * word
  let free = directory + (bigTiff ? 8 : 2) + all.length * entry + word
  const file = new DataView(new ArrayBuffer(free + 4096))
  const put = (value: number, at: number, bytes: number): void => {
    if (bytes === 1) file.setUint8(at, value)
    else if (bytes === 2) file.setUint16(at, value, little)
    else if (bytes === 4) file.setUint32(at, value, little)
    else file.setBigUint64(at, BigInt(value), little)
  }
  new Uint8Array(file.buffer).set(Buffer.from(little ? 'II' : 'MM'))
  put(bigTiff ? 43 : 42, 2, 2)
  if (bigTiff) put(8, 4, 2)
  put(directory, bigTiff ? 8 : 4, word)
  new Uint8Array(file.buffer).set(data, start)
  put(all.length, directory, bigTiff ? 8 : 2)
  for (const [i, [id, type, given]] of all.entries()) {
    const values = typeof given === 'string' ? [...Buffer.from(`${given}\0`)] : given
    const size = { 2: 1, 3: 2, 4: 4 }[type] ?? 1
    const at = directory + (bigTiff ? 8 : 2) + i * entry
    put(id, at, 2)
    put(type, at + 2, 2)
    put(values.length, at + 4, word)
    let field = at + 4 + word
    if (values.length * size > word) {
      put(free, field, word)
      field = free
      free += Math.ceil((values.length * size) / 8) * 8
    }
    for (const [k, value] of values.entries()) put(value, field + k * size, size)
  }
  return new Uint8Array(file.buffer, 0, free)
}
