import { group } from '../../depth/limits.js'
import { DepthMeshError } from '../../errors.js'

const PAGE = 65_536

/** The next address that is a multiple of 16. (Not by `& ~15`, which is negative past 2 GiB.) */
export function aligned(address: number): number {
  return Math.ceil(address / 16) * 16
}

/**
 * Lets a memory grow until it ends no sooner than at `end`, bytes.
 *
 * @throws DepthMeshError `INPUT_TOO_LARGE` where there is not as much: WebAssembly has 4 GiB at most, the machine may have less.
 */
export function makeRoom(memory: WebAssembly.Memory, end: number): void {
  const missing = end - memory.buffer.byteLength
  if (missing <= 0) return
  try {
    memory.grow(Math.ceil(missing / PAGE))
  } catch (cause) {
    const mebibytes = group(Math.ceil(end / 2 ** 20))
    throw new DepthMeshError('INPUT_TOO_LARGE', `expected a map that can be meshed in the memory there is, found one that takes ${mebibytes} MiB (of the 4,096 that WebAssembly has at most)`, { hint: 'Scale the map down, or cut it into several.', cause })
  }
}
