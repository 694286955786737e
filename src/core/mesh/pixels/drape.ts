import type { DisparityMap } from '../../depth/convention.js'
import type { Surface } from '../surface/surface.js'
import { eachBatch } from './batch.js'
import { loopsOver } from './pixels.js'

/** A surface's disparity at each pixel centre it covers, the nearest where it lies over itself; NaN elsewhere. */
export function meshDisparity(surface: Surface, map: Pick<DisparityMap, 'disparity' | 'width' | 'height'>): Float32Array {
  const loops = loopsOver(map)
  loops.scratch.fill(NaN)
  eachBatch(loops, surface, (count) => loops.drape(count))
  return loops.scratch.slice()
}
