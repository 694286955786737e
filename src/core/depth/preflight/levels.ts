import { holdsMetres, type Settings } from '../../options.js'
import type { DepthRaster } from '../decode.js'
import { isRelief, percent, type PreflightCheck } from './check.js'
import { LEANING } from './layout.js'
import type { LevelSpread } from './spread.js'

// Thresholds were measured on 65 real maps.

/** Below this share of the scale between the 1st and the 99th percentile, a map has low contrast. */
const LOW_CONTRAST = 0.25
/** Fewer distinct levels than this are few. */
const FEW_LEVELS = 64
/** As many levels or more are enough for a shape, whatever part of the scale they are. */
const ENOUGH_LEVELS = 1024
/** A darkest percentile above this share of the scale is a lifted black. */
const LIFTED_BLACK = 0.06

/** Checks of the levels alone: flat, 8 bits in a 16-bit file, few levels, low contrast, lifted black. */
export function checkLevels(raster: DepthRaster, spread: LevelSpread, settings: Settings): PreflightCheck[] {
  const { levels, p1, p99, bottom, top } = spread
  if (levels <= 1) {
    return [
      {
        id: 'flat',
        severity: 'warning',
        value: 1,
        found: 'every pixel has the same level',
        why: 'The mesh will be a flat plane.',
        advice: 'Check that this is the file that was meant, and that depth was not clipped when it was saved.',
      },
    ]
  }

  const checks: PreflightCheck[] = []
  if (raster.bitDepth === 16 && raster.format !== 'float' && spread.multiple > 1) {
    checks.push({
      id: 'eight-bit',
      severity: 'warning',
      value: levels,
      found: `8 bits in a 16-bit file: all levels are multiples of ${spread.multiple}, ${levels} of them`,
      why: 'Somewhere on the way the map was rounded to 256 levels, which shows as terraces on slopes.',
      advice: 'Export it again with a 16-bit pipeline from end to end. Until then the terraces are smoothed within half a level.',
    })
  }
  if (levels < FEW_LEVELS) {
    checks.push({
      id: 'few-levels',
      severity: 'warning',
      value: levels,
      found: `${levels} distinct levels`,
      why: `With fewer than ${FEW_LEVELS} levels, slopes turn into steps that no cleaning can undo.`,
      advice: 'Export it again with 16 bits, and use the whole range from black to white.',
    })
  }
  // Sensors use the low levels of 16 bits, and floats have no scale: contrast says nothing about either.
  if (settings.encoding !== 'disparity' && settings.encoding !== 'depth') return checks
  if (raster.format === 'float') return checks
  // A renderer's ends are its own, wherever the scene lies between them: other levels would move it.
  if (settings.encoding === 'depth' && (p99 - p1) * 2 ** raster.bitDepth >= ENOUGH_LEVELS) return checks
  if (p99 - p1 < LOW_CONTRAST && settings.levels === null) {
    // Peaks stay whole where they are no outliers: the highest mountain may be less than 1 % of its map.
    const stretch: [number, number] = top - bottom < LOW_CONTRAST ? [floor3(bottom), ceil3(top)] : [floor3(p1), ceil3(p99)]
    checks.push({
      id: 'low-contrast',
      severity: 'warning',
      value: p99 - p1,
      found: `98 % of the levels lie within ${percent(p99 - p1)} of the scale (${percent(p1)} to ${percent(p99)})`,
      ...(isRelief(settings)
        ? {
            why: `From its lowest to its highest place the surface will have ${percent(p99 - p1)} of the height that "relief" says, and few levels are left for its shape.`,
            advice: 'Stretch the levels, or, if they are heights in metres or parts of them, say so with "encoding": "metric".',
          }
        : {
            why: 'The surface will be almost flat between near and far, and few levels are left for its shape.',
            advice: 'Stretch the levels, or, if this is a sensor’s depth in millimetres, say so with "encoding": "metric".',
          }),
      settings: { levels: stretch },
    })
  } else if (p1 > LIFTED_BLACK && settings.levels === null) {
    checks.push({
      id: 'lifted-black',
      severity: 'info',
      value: p1,
      found: `99 % of the levels lie at ${percent(p1)} of the scale or above`,
      ...liftedBlack(p1, settings),
      settings: { levels: [floor3(p1), 1] },
    })
  }
  return checks
}

/** What it does that black is hardly in use: black is far or near, in a relief low or high. (A gorge may be darker than the 1st percentile: nothing is said of the last 1 %.) */
function liftedBlack(p1: number, settings: Settings): Pick<PreflightCheck, 'why' | 'advice'> {
  const { white, relief } = settings
  const advise = (end: string): string => `If the darkest surface is meant to be ${end}, stretch the levels: the 1 % that may be darker goes there with it.`
  if (isRelief(settings)) {
    const metres = Number((p1 * relief).toPrecision(2))
    const [end, lies] = white === 'near' ? ['low', `lies ${metres} m or more above its base`] : ['high', `stays ${metres} m or more below the height that "relief" says`]
    return { why: `Hardly anything in the map is as ${end} as black: 99 % of the surface ${lies}.`, advice: advise(`the ${end}est, as black is`) }
  }
  const [end, moved] = white === 'near' ? ['far', 'squeezed toward the camera'] : ['near', 'pushed away from the camera']
  return { why: `Hardly anything in the map reaches "${end}": the scene will be ${moved}.`, advice: advise(`at "${end}"`) }
}

/**
 * Floats beyond 1 are no share of a scale: most likely metres, which grow away from the camera. Estimators write disparity like this, too: read as that, a floor comes nearer downward.
 *
 * @param lean how much nearer the bottom of the map is than its top, as it is read
 */
export function checkMetres(raster: DepthRaster, { top }: LevelSpread, lean: number, settings: Settings): PreflightCheck[] {
  if (raster.format !== 'float' || holdsMetres(settings) || top <= 1 || (!isRelief(settings) && lean > LEANING)) return []
  return [
    {
      id: 'metres',
      severity: 'warning',
      value: top,
      found: `floats up to ${Number(top.toPrecision(4))}, read as ${settings.encoding} and stretched to the full range`,
      ...(isRelief(settings)
        ? { why: 'Values like these are most often metres. Read as anything else, the surface is as high as "relief" says, whatever they say.', advice: 'If they are metres, say so.' }
        : { why: 'Values like these are most often metres. Read as anything else, what is near and what is far change places.', advice: 'If they are metres from the camera, say so.' }),
      settings: { encoding: 'metric' },
    },
  ]
}

/** A gamma that was baked in cannot be seen in the pixels; what the file says about colour is the only trace of it. */
export function checkColorChunks({ colourChunks }: DepthRaster, settings: Settings): PreflightCheck[] {
  if (colourChunks.length === 0 || settings.gamma !== 1 || holdsMetres(settings)) return []
  return [
    {
      id: 'color-chunks',
      severity: 'info',
      value: colourChunks.length,
      found: `the file was saved as a colour picture (${colourChunks.join(', ')})`,
      why: `Levels are read as they are stored. If the program bent them to look right on a screen, ${isRelief(settings) ? 'slopes come out too steep in dark places and too flat in bright ones' : 'near things come out too near and far ones squeezed'}.`,
      advice: 'Save it as data (linear, no colour management). If the levels were bent, "gamma": 2.2 straightens them.',
    },
  ]
}

const floor3 = (share: number) => Math.floor(share * 1000) / 1000
const ceil3 = (share: number) => Math.ceil(share * 1000) / 1000
