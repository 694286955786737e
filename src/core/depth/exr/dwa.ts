import { damaged } from '../damage.js'
import { blockBytes, runsOf, samplesIn, SAMPLE_BYTES, type Block } from './block.js'
import type { ExrChannel, SampleType } from './header.js'
import { inflate } from './zip.js'

/** Eleven 64-bit numbers: version, sizes, counts. */
const HEAD_BYTES = 88

/** The version from which on a block says how each channel is stored. */
const RULES_VERSION = 2

const LOSSLESS = 0
const TYPES: SampleType[] = ['uint', 'half', 'float']

/** Channels whose name ends so, and whose type is this, are stored by this scheme. */
interface Rule {
  suffix: string
  scheme: number
  type: SampleType | undefined
  anyCase: boolean
}

/**
 * Unpacks from a DWAA or DWAB block the channels that it keeps lossless, which is every one that is not called R, G, B, Y or A: Z among them.
 *
 * ```
 * head │ rules │ lossless channels, one after the other, deflated │ lossy ones …
 * ```
 *
 * @returns the block with zeros in all other channels, or `null` if one of `wanted` is lossy.
 */
export function undwa(packed: Uint8Array, block: Block, wanted: readonly ExrChannel[]): Uint8Array | null {
  if (packed.length < HEAD_BYTES + 2) throw damaged('EXR', 'a block that ends too early (DWA)')
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  const [version, size, packedSize] = [0, 8, 16].map((at) => Number(view.getBigUint64(at, true)))
  if (version < RULES_VERSION) return null
  const end = HEAD_BYTES + view.getUint16(HEAD_BYTES, true)
  if (end < HEAD_BYTES + 2 || end + packedSize > packed.length) throw damaged('EXR', 'a block that ends too early (DWA)')

  const rules = readRules(packed.subarray(HEAD_BYTES + 2, end))
  const lossless = block.channels.map((channel) => schemeOf(channel, rules) === LOSSLESS)
  if (wanted.some((channel) => !lossless[block.channels.indexOf(channel)])) return null

  const starts: number[] = []
  let bytes = 0
  for (const [i, { type, xSampling, ySampling }] of block.channels.entries()) {
    starts.push(bytes)
    if (lossless[i]) bytes += samplesIn(block.x, block.width, xSampling) * samplesIn(block.y, block.height, ySampling) * SAMPLE_BYTES[type]
  }
  if (bytes !== size) throw damaged('EXR', 'a block of another size (DWA)')
  const planes = inflate(packed.subarray(end, end + packedSize), bytes)
  const out = new Uint8Array(blockBytes(block))
  for (const { channel, count, at } of runsOf(block)) {
    if (!lossless[channel]) continue
    const run = count * SAMPLE_BYTES[block.channels[channel].type]
    out.set(planes.subarray(starts[channel], starts[channel] + run), at)
    starts[channel] += run
  }
  return out
}

/** A name that ends with \0, a byte of flags and a byte for the type, again and again. */
function readRules(bytes: Uint8Array): Rule[] {
  const rules: Rule[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0, at)
    if (end === -1 || end + 2 >= bytes.length) throw damaged('EXR', 'a broken list of channels (DWA)')
    const flags = bytes[end + 1]
    rules.push({ suffix: Buffer.from(bytes.subarray(at, end)).toString('utf8'), scheme: (flags >> 2) & 3, type: TYPES[bytes[end + 2]], anyCase: (flags & 1) === 1 })
    at = end + 3
  }
  return rules
}

function schemeOf({ name, type }: ExrChannel, rules: readonly Rule[]): number {
  const suffix = name.slice(name.lastIndexOf('.') + 1)
  const rule = rules.find((rule) => rule.type === type && (rule.suffix === suffix || (rule.anyCase && rule.suffix.toLowerCase() === suffix.toLowerCase())))
  return rule?.scheme ?? LOSSLESS
}
