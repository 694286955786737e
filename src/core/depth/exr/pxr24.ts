import { blockBytes, runsOf, type Block } from './block.js'
import { inflate } from './zip.js'

/** Bytes that are kept of a sample: floats lose their lowest, which makes them exact to 1/65536 of their value. */
const KEPT = { uint: 4, half: 2, float: 3 }

/** Unpacks PXR24: deflate over differences between neighbours, stored as planes of bytes, highest first, run by run. */
export function unpxr24(packed: Uint8Array, block: Block): Uint8Array {
  let size = 0
  for (const { channel, count } of runsOf(block)) size += count * KEPT[block.channels[channel].type]
  const planes = inflate(packed, size)
  const out = new Uint8Array(blockBytes(block))
  const view = new DataView(out.buffer)
  let from = 0
  for (const { channel, count, at } of runsOf(block)) {
    const { type } = block.channels[channel]
    const bytes = KEPT[type]
    let value = 0
    for (let i = 0; i < count; i++) {
      let difference = 0
      for (let plane = 0; plane < bytes; plane++) difference = (difference << 8) | planes[from + plane * count + i]
      value = (value + (type === 'float' ? difference << 8 : difference)) | 0
      if (type === 'half') view.setUint16(at + 2 * i, value & 0xffff, true)
      else view.setInt32(at + 4 * i, value, true)
    }
    from += bytes * count
  }
  return out
}
