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
  /** Each channel in a strip of its own, one after the other in `samples`. */
  planar?: boolean
  bigEndian?: boolean
  bigTiff?: boolean
  /** Further tags, or others in place of those that it has anyway: [id, type (2 text, 3 SHORT, 4 LONG), values]. */
  tags?: readonly (readonly [number, number, string | readonly number[]])[]
  /** Tags that are left out. */
  without?: readonly number[]
}

export function makeTiff(recipe: TiffRecipe): Uint8Array {
  const { width, height, samples, bitDepth, sampleFormat = 1, channels = 1, photometric = 1, planar = false, bigEndian = false, bigTiff = false, tags = [], without = [] } = recipe
  const little = !bigEndian
  const data = Buffer.from(samples.slice().buffer)
  if (bigEndian && samples.BYTES_PER_ELEMENT === 2) data.swap16()
  if (bigEndian && samples.BYTES_PER_ELEMENT === 4) data.swap32()
  const each = (value: number): number[] => Array.from({ length: channels }, () => value)
  const word = bigTiff ? 8 : 4
  const start = bigTiff ? 16 : 8
  const strips = planar ? channels : 1
  const stripBytes = data.length / strips
  const own: [number, number, string | readonly number[]][] = [
    [256, 4, [width]],
    [257, 4, [height]],
    [258, 3, each(bitDepth)],
    [259, 3, [1]],
    [262, 3, [photometric]],
    [273, 4, Array.from({ length: strips }, (_, i) => start + i * stripBytes)],
    [277, 3, [channels]],
    [278, 4, [height]],
    [279, 4, Array.from({ length: strips }, () => stripBytes)],
    [284, 3, [planar ? 2 : 1]],
    [339, 3, each(sampleFormat)],
  ]
  const given = new Map([...own, ...tags].map((tag) => [tag[0], tag]))
  const all = [...given.values()].filter(([id]) => !without.includes(id)).toSorted((a, b) => a[0] - b[0])

  const directory = start + data.length + (data.length % 2)
  const entry = 4 + 2 * word
  let free = directory + (bigTiff ? 8 : 2) + all.length * entry + word
  const file = new DataView(new ArrayBuffer(free + 2 ** 18))
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
  for (const [i, [id, type, told]] of all.entries()) {
    const values = typeof told === 'string' ? [...Buffer.from(`${told}\0`)] : told
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
