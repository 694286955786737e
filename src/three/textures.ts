import type { Mesh, Object3D, Texture } from 'three'

/** All that the materials of a scene wear. */
export function texturesOf(scene: Object3D): Set<Texture> {
  const textures = new Set<Texture>()
  scene.traverse((node) => {
    for (const material of [(node as Partial<Mesh>).material ?? []].flat()) {
      for (const value of Object.values(material)) if ((value as Texture | null)?.isTexture === true) textures.add(value as Texture)
    }
  })
  return textures
}

/** Lets `change` set how textures are sampled, those too that are on the GPU already: three looks at their settings again for a new version alone. */
export function applySettings(scene: Object3D, change: () => void): void {
  const before = new Map([...texturesOf(scene)].map((texture) => [texture, settingsOf(texture)]))
  change()
  // (Not `needsUpdate`, which marks the picture as new too, for all who share it.)
  for (const [texture, settings] of before) if (settingsOf(texture) !== settings) texture.version++
}

/** What three tells the GPU's copies of one picture apart by. */
function settingsOf(texture: Texture): string {
  const { wrapS, wrapT, magFilter, minFilter, anisotropy, internalFormat, format, type, generateMipmaps, premultiplyAlpha, flipY, unpackAlignment, colorSpace } = texture
  return [wrapS, wrapT, magFilter, minFilter, anisotropy, internalFormat, format, type, generateMipmaps, premultiplyAlpha, flipY, unpackAlignment, colorSpace].join()
}
