/** A texture of a glTF document. */
export interface GltfTexture {
  source?: number
  sampler?: number
  name?: string
  extensions?: Record<string, { source?: number }>
}

/** What of a glTF document has to do with its pictures. */
export interface GltfJson {
  textures?: GltfTexture[]
  samplers?: object[]
  images?: { uri?: string; name?: string; bufferView?: number; mimeType?: string }[]
  bufferViews?: { buffer: number; byteOffset?: number; byteLength: number }[]
  materials?: { pbrMetallicRoughness?: { baseColorTexture?: { index: number } }; normalTexture?: { index: number } }[]
  extensionsUsed?: string[]
}

/** Of a texture, whatever its format. */
export function imageOf(texture: GltfTexture | undefined): number | undefined {
  return texture && (texture.source ?? Object.values(texture.extensions ?? {})[0]?.source)
}
