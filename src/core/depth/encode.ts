import sharp from 'sharp'
import { depthAt, inverseDepth } from '../camera.js'
import type { Settings, SettingsInput } from '../options.js'
import type { DisparityMap } from './convention.js'
import { hasGaps } from './gaps.js'

/** The top level of a 16-bit PNG. */
const TOP = 65_535

/**
 * Writes a map as a 16-bit gray PNG: white is near, levels are linear in disparity, 0 is kept for "nothing there" where the map has such pixels.
 * Read with {@link encodedSettings}, it says what the map says, to half a level.
 */
export async function encodeDepth(map: DisparityMap): Promise<Uint8Array> {
  const lowest = hasGaps(map.disparity) ? 1 : 0
  return gray16(map, (disparity) => (Number.isNaN(disparity) ? 0 : Math.max(lowest, Math.round(disparity * TOP))))
}

/**
 * The settings under which a map written by {@link encodeDepth} gives the surface that the original gives: the same ones, less what convention and cleaning have
 * done already.
 */
export function encodedSettings(map: DisparityMap, given: Settings): SettingsInput {
  const { color: _, ...settings } = given
  // A flat metric map has no relief of its own; it lies at 0 under any.
  const relief = map.relief > 0 ? map.relief : given.relief
  return {
    ...settings,
    encoding: 'disparity',
    channel: null,
    white: 'near',
    black: hasGaps(map.disparity) ? 'cut' : 'far',
    gamma: 1,
    levels: null,
    depthInfluence: 1,
    clean: false,
    ...(given.projection === 'perspective' ? { near: map.near, far: map.far } : { relief }),
  }
}

/** A displacement map, and what its levels mean. */
export interface Displacement {
  /** 16-bit gray PNG; black where there is nothing. */
  bytes: Uint8Array
  /** Metres from black to white. */
  scale: number
}

/** Writes a map as displacement that is linear in metres: the distance from the farthest surface toward the viewer (perspective), or the height (orthographic). */
export async function encodeDisplacement(map: DisparityMap, { projection }: Pick<Settings, 'projection'>): Promise<Displacement> {
  const { near, far } = map
  if (projection === 'orthographic') return { bytes: await gray16(map, (height) => (Number.isNaN(height) ? 0 : Math.round(height * TOP))), scale: map.relief }
  const inverse = inverseDepth(map)
  const closeness = (disparity: number) => (far - depthAt(disparity, inverse)) / (far - near)
  return { bytes: await gray16(map, (disparity) => (Number.isNaN(disparity) ? 0 : Math.round(closeness(disparity) * TOP))), scale: far - near }
}

/** Writes levels, 0..65535 a pixel, as a 16-bit gray PNG. */
export async function encodeLevels({ width, height, levels }: { width: number; height: number; levels: Uint16Array }): Promise<Uint8Array> {
  return sharp(levels, { raw: { width, height, channels: 1 } }).toColourspace('grey16').png({ compressionLevel: 9 }).toBuffer()
}

async function gray16({ width, height, disparity }: DisparityMap, level: (disparity: number) => number): Promise<Uint8Array> {
  // (`from` would make a list of all numbers first: 500 MB of 4096².)
  const levels = new Uint16Array(disparity.length)
  for (let i = 0; i < levels.length; i++) levels[i] = level(disparity[i])
  return encodeLevels({ width, height, levels })
}
