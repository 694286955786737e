import { inflateSync } from 'node:zlib'
import { damaged } from '../damage.js'

/** Unpacks ZIP and ZIPS: deflate over bytes that were split in two and stored as differences. */
export function unzip(packed: Uint8Array, size: number): Uint8Array {
  return merge(inflate(packed, size))
}

/** Unpacks RLE: a count below 0 says how many bytes follow as they are, one from 0 on how often the next is repeated besides. */
export function unrle(packed: Uint8Array, size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  let to = 0
  for (let at = 0; at < packed.length; ) {
    const count = (packed[at++] << 24) >> 24
    const run = count < 0 ? -count : count + 1
    if (to + run > size || at + (count < 0 ? run : 1) > packed.length) throw damaged('EXR', 'a run of bytes that does not fit (RLE)')
    if (count < 0) {
      bytes.set(packed.subarray(at, at + run), to)
      at += run
    } else {
      bytes.fill(packed[at++], to, to + run)
    }
    to += run
  }
  if (to !== size) throw damaged('EXR', 'a block that unpacks to too little (RLE)')
  return merge(bytes)
}

/** Deflate, to exactly so many bytes and never more: a block can't grow beyond the picture it is part of. */
export function inflate(packed: Uint8Array, size: number): Uint8Array {
  let bytes: Uint8Array
  try {
    bytes = inflateSync(packed, { maxOutputLength: Math.max(size, 1) })
  } catch (cause) {
    throw damaged('EXR', `a damaged block (${cause instanceof Error ? cause.message : String(cause)})`, cause)
  }
  if (bytes.length !== size) throw damaged('EXR', 'a block that unpacks to too little (ZIP)')
  return bytes
}

/** Sums up the differences, then shuffles the halves together: even bytes stand in the first, odd ones in the second. */
function merge(bytes: Uint8Array): Uint8Array {
  for (let i = 1; i < bytes.length; i++) bytes[i] = bytes[i - 1] + bytes[i] - 128
  const merged = new Uint8Array(bytes.length)
  const half = (bytes.length + 1) >> 1
  for (let i = 0; i < half; i++) merged[2 * i] = bytes[i]
  for (let i = half; i < bytes.length; i++) merged[2 * (i - half) + 1] = bytes[i]
  return merged
}
