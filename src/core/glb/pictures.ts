import type { GLTF } from '@gltf-transform/core'

const HEADER = 12
const CHUNK_HEADER = 8
const SPACE = 0x20
/** What other names of a picture are longer by: a folder and a hash. */
export const ROOM_FOR_NAMES = 64

/** By the ending of a name. */
const MEDIA_TYPES: Readonly<Record<string, string>> = { glb: 'model/gltf-binary', webp: 'image/webp', avif: 'image/avif', jpg: 'image/jpeg', png: 'image/png', ktx2: 'image/ktx2' }

/** Whether a file of a bake is a level; else it is a picture that levels name. */
export function isGlb(name: string): boolean {
  return name.endsWith('.glb')
}

/** The media type of a file of a bake: a level, or a picture that levels name. */
export function mediaTypeOf(name: string): string {
  return MEDIA_TYPES[name.slice(name.lastIndexOf('.') + 1)]
}

/** The pictures that a GLB names instead of holding them, as it names them; none in a self-contained one. */
export function namedPictures(glb: Uint8Array): string[] {
  return (readJson(glb).json.images ?? []).flatMap(({ uri }) => (uri === undefined || uri.startsWith('data:') ? [] : [uri]))
}

/** The same GLB, but naming its pictures as `rename` says, as long as before where they fit; itself where it names none. */
export function renamePictures(glb: Uint8Array, rename: (uri: string) => string): Uint8Array {
  if (namedPictures(glb).length === 0) return glb
  const { json, end, binary } = readJson(glb)
  for (const image of json.images ?? []) if (image.uri !== undefined && !image.uri.startsWith('data:')) image.uri = rename(image.uri)
  return joinGlb(json, glb.subarray(binary), end - HEADER - CHUNK_HEADER)
}

/**
 * A GLB of one JSON and one binary chunk.
 *
 * @param room bytes that the JSON chunk takes at least: with {@link ROOM_FOR_NAMES} to spare pictures can be renamed without the file's getting longer.
 */
export function joinGlb(json: GLTF.IGLTF, binary: Uint8Array, room = 0): Uint8Array {
  const head = glbHead(json, binary.length, room)
  const file = new Uint8Array(head.length + binary.length)
  file.set(head)
  file.set(binary, head.length)
  return file
}

/** All of a GLB that stands before its binary data. See {@link joinGlb}. */
export function glbHead(json: GLTF.IGLTF, binaryBytes: number, room = 0): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(json))
  const textBytes = Math.ceil(Math.max(room, text.length) / 4) * 4
  const head = new Uint8Array(HEADER + CHUNK_HEADER + textBytes + CHUNK_HEADER)
  const header = new DataView(head.buffer)
  header.setUint32(0, 0x46_54_6c_67, true) // glTF
  header.setUint32(4, 2, true)
  header.setUint32(8, head.length + binaryBytes, true)
  header.setUint32(12, textBytes, true)
  header.setUint32(16, 0x4e_4f_53_4a, true) // JSON
  head.fill(SPACE, 20, 20 + textBytes).set(text, 20)
  header.setUint32(20 + textBytes, binaryBytes, true)
  header.setUint32(24 + textBytes, 0x00_4e_49_42, true) // BIN
  return head
}

/** The JSON chunk of a GLB of our own, where it ends, and where the binary data begins. */
export function readJson(glb: Uint8Array): { json: GLTF.IGLTF; end: number; binary: number } {
  const start = HEADER + CHUNK_HEADER
  const end = start + new DataView(glb.buffer, glb.byteOffset, glb.byteLength).getUint32(HEADER, true)
  return { json: JSON.parse(new TextDecoder().decode(glb.subarray(start, end))) as GLTF.IGLTF, end, binary: end + CHUNK_HEADER }
}
