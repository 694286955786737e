import type { PlaneMesh } from '../triangulate/triangulate.js'

/**
 * The levels that make a chain, fine → coarse: without those that have nothing, or no fewer triangles than the one before; and none claims a smaller error
 * than a finer one does.
 */
export function fallingChain(levels: Iterable<PlaneMesh>): PlaneMesh[] {
  const chain: PlaneMesh[] = []
  for (const level of levels) {
    const finer = chain.at(-1)
    if (level.triangles.length === 0 || (finer !== undefined && level.triangles.length >= finer.triangles.length)) continue
    chain.push(finer === undefined ? level : neverBetter(level, finer))
  }
  return chain
}

/** A level with its measured error where that is larger than the finer one's, else with the bound that the finer one gives. */
function neverBetter(level: PlaneMesh, finer: PlaneMesh): PlaneMesh {
  const { max, rms, p99 } = finer.pixelError
  return {
    ...level,
    maxError: Math.max(level.maxError, finer.maxError),
    rmsError: Math.max(level.rmsError, finer.rmsError),
    pixelError: { ...level.pixelError, max: Math.max(level.pixelError.max, max), rms: Math.max(level.pixelError.rms, rms), p99: Math.max(level.pixelError.p99, p99) },
  }
}
