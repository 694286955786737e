import { DepthMeshError } from '../errors.js'
import { group } from './limits.js'

type Kind = 'PNG' | 'TIFF' | 'EXR'

/** What to do about a damaged file. */
const EXPORT_AGAIN = 'Export it again, or copy it again from where it is whole.'

/** How much smaller than what it holds a deflate stream can be (258 bytes in two bits): room that a header claims and the data can't fill need not be allocated. */
export const DEFLATE_RATIO = 1032

/** The error of a file that ends too early. `where` begins with a space or is empty. */
export function cutOff(kind: Kind, where: string, size: number): DepthMeshError {
  return new DepthMeshError('INPUT_UNREADABLE', `expected a whole ${kind}, found one that is cut off${where}, after ${group(size)} bytes`, { hint: EXPORT_AGAIN })
}

/** The error of a file in which something can't be. */
export function damaged(kind: Kind, found: string, cause: unknown = undefined): DepthMeshError {
  return new DepthMeshError('INPUT_UNREADABLE', `expected a sound ${kind}, found ${found}`, { hint: EXPORT_AGAIN, cause })
}
