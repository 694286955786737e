import { open } from 'node:fs/promises'
import { sniffFormat, SNIFFED_BYTES } from '../core/depth/sniff.js'
import { DepthMeshError } from '../core/errors.js'
import { MAP_EXTENSIONS } from './map-name.js'
import { stampOf, unreadable } from './read.js'

/** What people call depth maps in formats that hold none: `canyon.depth.jpg`. */
export const FOREIGN_EXTENSIONS = ['jpg', 'jpeg', 'jfif', 'webp', 'avif', 'heic', 'heif', 'gif', 'bmp', 'jxl', 'jp2', 'psd', 'hdr', 'pfm', 'pgm', 'ppm', 'npy', 'npz', 'r16', 'r32', 'raw'] as const
export const FOREIGN_MAP = new RegExp(`\\.depth\\.(?:${FOREIGN_EXTENSIONS.join('|')})$`, 'i')

/** Whether there is a map of the same name: such a file may be a preview of it. */
export function isBesideMap(file: string): boolean {
  return MAP_EXTENSIONS.some((extension) => stampOf(file.replace(FOREIGN_MAP, `.depth.${extension}`)) !== '')
}

/** Why a file that is not named like a depth map is none: what it holds, else its name. */
export async function refuseMap(file: string): Promise<DepthMeshError> {
  try {
    const { head, bytes } = await readHead(file)
    sniffFormat(head, bytes)
  } catch (error) {
    if (error instanceof DepthMeshError) return error.inFile(file)
    return unreadable(file, error as NodeJS.ErrnoException)
  }
  return new DepthMeshError('INPUT_UNSUPPORTED', 'expected a name that ends in .depth.png, .depth.exr, .depth.tif or .depth.tiff', {
    file,
    hint: 'Rename it: its colour picture and its settings are found by that name.',
  })
}

async function readHead(file: string): Promise<{ head: Uint8Array; bytes: number }> {
  const handle = await open(file)
  try {
    const head = new Uint8Array(SNIFFED_BYTES)
    const { bytesRead } = await handle.read(head, 0, head.length, 0)
    return { head: head.subarray(0, bytesRead), bytes: (await handle.stat()).size }
  } finally {
    await handle.close()
  }
}
