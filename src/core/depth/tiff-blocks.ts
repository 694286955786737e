import { inflateSync } from 'node:zlib'
import { cutOff, damaged, DEFLATE_RATIO } from './damage.js'
import type { TiffProbe } from './tiff-probe.js'

const [NONE, DEFLATE, OLD_DEFLATE] = [1, 8, 32_946]

/**
 * Sees that the strips or tiles of a TIFF are whole, where libtiff does not: it stops unpacking Deflate once it has enough, and never gets to its check sum
 * (of 663 damaged copies it read 123 to other samples; 1 is left, whose tags say something else now).
 *
 * LZW, PackBits and no compression have no check sum. libtiff refuses them where another number of bytes comes out; to count these here as well found no damage more.
 *
 * @throws DepthMeshError `INPUT_UNREADABLE`
 */
export function verifyBlocks(file: Uint8Array, { compression, blocks }: Pick<TiffProbe, 'compression' | 'blocks'>): void {
  for (const [i, { at, bytes, unpacked }] of blocks.entries()) {
    const where = `strip or tile ${i + 1} of ${blocks.length}`
    if (at + bytes > file.length) throw cutOff('TIFF', ` in ${where}`, file.length)
    let found = unpacked
    if (compression === NONE) found = bytes
    else if (compression === DEFLATE || compression === OLD_DEFLATE) {
      try {
        found = inflateSync(file.subarray(at, at + bytes), { chunkSize: Math.max(64, Math.min(unpacked, DEFLATE_RATIO * bytes) + 1), maxOutputLength: 2 * unpacked + 64 }).length
      } catch (cause) {
        throw damaged('TIFF', `${where} damaged (${cause instanceof Error ? cause.message : String(cause)})`, cause)
      }
    }
    if (found < unpacked) throw damaged('TIFF', `${where} with ${found} of ${unpacked} bytes`)
  }
}
