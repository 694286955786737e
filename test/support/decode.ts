import { expect } from 'vitest'
import { decodeDepth, DepthMeshError, type DecodeOptions, type DepthRaster } from '../../src/core/index.js'

/** Decodes a depth map's file, which says by itself what it is, as without settings. */
export function decode(bytes: Uint8Array, options: Partial<DecodeOptions> = {}): Promise<DepthRaster> {
  return decodeDepth(bytes, { channel: null, encoding: 'disparity', maxPixels: 2 ** 26, ...options })
}

/** What is said of a file that is refused: the code, the message and the hint. */
export async function refusal(bytes: Uint8Array, options: Partial<DecodeOptions> = {}): Promise<string> {
  const error = await decode(bytes, options).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(DepthMeshError)
  return `${(error as DepthMeshError).code}: ${String(error)}`
}
