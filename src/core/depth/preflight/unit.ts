import type { Settings } from '../../options.js'
import { LEVEL_UNIT, type DisparityMap } from '../convention.js'
import type { DepthRaster } from '../decode.js'
import { isRelief, type PreflightCheck } from './check.js'

/**
 * Height over width below which hardly any relief is as flat. Metres that are read as millimetres lie below it, since no land is higher than it is wide. What is scanned in millimetres lies
 * above: a wall at .06, a coin at .08, a floor that is even to 5 mm in 4 m at .00125.
 */
const FLAT = 0.001

/** Whole metres that are taken for millimetres, because nobody has said what a level is. Of distances from a camera that can't be told: any of them makes a scene. */
export function checkUnit({ format, georeferenced }: DepthRaster, { relief }: DisparityMap, settings: Settings): PreflightCheck[] {
  const { encoding, unit, width } = settings
  if (encoding !== 'metric' || unit !== null || format === 'float') return []
  const isFlat = isRelief(settings) && relief < FLAT * width
  if (georeferenced !== true && !isFlat) return []
  return [
    {
      id: 'millimetres',
      severity: 'warning',
      value: isFlat ? relief / width : LEVEL_UNIT,
      found: isFlat ? `heights that differ by ${Number(relief.toPrecision(3))} m over a width of ${width.toLocaleString('en-US')} m, read as millimetres` : 'a GeoTIFF of whole levels, read as millimetres',
      why: 'Whole levels are millimetres, as sensors write them, unless "unit" says otherwise. Heights in metres come out a thousand times too low.',
      advice: 'If a level is a metre, as in most elevation models, say so. If it is a millimetre, "unit": 0.001 says that.',
      settings: { unit: 1 },
    },
  ]
}
