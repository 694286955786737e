import { DepthMeshError } from '../../errors.js'
import type { ExrChannel, ExrHeader, ExrPart } from './header.js'

/** Where depth is: one channel, or R, G and B of which all must agree. */
export interface ExrSelection {
  part: ExrPart
  /** Index of the part. */
  index: number
  channels: ExrChannel[]
}

interface Candidate {
  part: ExrPart
  index: number
  channel: ExrChannel
  /** `ViewLayer.Depth` of `ViewLayer.Depth.Z`. */
  layer: string
  /** `Z` of it. */
  suffix: string
}

/** What depth is called, best first: `Z` (Houdini, Nuke, Unreal), `depth.Z`, `ViewLayer.Depth.Z` (Blender), `depth.V` (Blender 5), `FinalImageWorldDepth.R` (Unreal). */
const RANKS: ((candidate: Candidate, all: readonly Candidate[]) => boolean)[] = [
  (candidate, all) => /^z$/i.test(candidate.channel.name) && !isVector(candidate, all),
  ({ layer, suffix }) => /depth/i.test(layer) && /^[zv]$/i.test(suffix),
  ({ channel }) => /^z?depth$/i.test(channel.name),
  ({ layer, suffix }) => /depth/i.test(layer) && /^[yr]$/i.test(suffix),
  (candidate, all) => /^(z|z?depth)$/i.test(candidate.suffix) && !isVector(candidate, all),
  ({ part, channel }) => /depth|^z$/i.test(part.name) && /^[vyr]$/i.test(channel.name),
  ({ part, channel }) => channel.name === 'Y' && part.channels.length <= 2,
  ({ part, channel }) => channel.name === 'R' && !part.channels.some(({ name }) => name === 'G'),
]

/**
 * Finds the channel that holds depth, in whatever part it is.
 *
 * @param wanted as the settings name it: `Z`, `depth.V`, or `part.channel` where parts have names.
 * @throws DepthMeshError `INPUT_UNSUPPORTED`, naming the channels that there are.
 */
export function selectDepth(header: ExrHeader, wanted: string | null): ExrSelection {
  const flat = listChannels(header).filter(({ part }) => !part.deep)
  if (flat.length === 0) {
    throw new DepthMeshError('INPUT_UNSUPPORTED', 'expected a flat EXR, found a deep one (many samples a pixel)', { hint: 'Flatten it (Nuke: DeepToImage), or render with deep output off.' })
  }
  const found = wanted === null ? guess(flat) : flat.find((candidate) => isCalled(candidate, wanted))
  if (found !== undefined) return { part: found.part, index: found.index, channels: [found.channel] }

  const rgb = wanted === null ? findRgb(flat) : undefined
  if (rgb !== undefined) return rgb
  throw new DepthMeshError('INPUT_UNSUPPORTED', `expected ${wanted === null ? 'a channel called Z, depth.Z, Y or R' : `the channel "${wanted}"`}, found ${listNames(header)}`, {
    hint: 'Say which channel holds depth: "channel": "…" in the settings.',
  })
}

/** Every channel of the file by its name, with the part in front where there are several. */
export function channelNames({ parts }: ExrHeader): string[] {
  return parts.flatMap((part) => part.channels.map(({ name }) => (parts.length > 1 && part.name !== '' ? `${part.name}.${name}` : name)))
}

function listChannels({ parts }: ExrHeader): Candidate[] {
  return parts.flatMap((part, index) =>
    part.channels.map((channel) => {
      const dot = channel.name.lastIndexOf('.')
      return { part, index, channel, layer: channel.name.slice(0, Math.max(dot, 0)), suffix: channel.name.slice(dot + 1) }
    }),
  )
}

function guess(all: readonly Candidate[]): Candidate | undefined {
  for (const fits of RANKS) {
    const best = all.find((candidate) => fits(candidate, all))
    if (best !== undefined) return best
  }
  return all.length === 1 ? all[0] : undefined
}

/** The Z of a normal or a position stands beside an X. */
function isVector({ part, layer }: Candidate, all: readonly Candidate[]): boolean {
  return all.some((other) => other.part === part && other.layer === layer && /^x$/i.test(other.suffix))
}

function isCalled({ part, channel }: Candidate, wanted: string): boolean {
  const name = wanted.toLowerCase()
  return channel.name.toLowerCase() === name || `${part.name}.${channel.name}`.toLowerCase() === name
}

function findRgb(all: readonly Candidate[]): ExrSelection | undefined {
  const red = all.find(({ channel }) => channel.name === 'R')
  if (red === undefined) return undefined
  const channels = ['R', 'G', 'B'].map((name) => red.part.channels.find((channel) => channel.name === name))
  if (channels.some((channel) => channel === undefined)) return undefined
  return { part: red.part, index: red.index, channels: channels as ExrChannel[] }
}

function listNames(header: ExrHeader): string {
  const names = channelNames(header)
  return names.length > 12 ? `${names.slice(0, 12).join(', ')} and ${names.length - 12} more` : names.join(', ')
}
