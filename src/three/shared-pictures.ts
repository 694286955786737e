import type { Object3D, Texture } from 'three'
import type { GLTFParser } from 'three/examples/jsm/loaders/GLTFLoader.js'
import type { DepthLod } from '../core/glb/manifest.js'
import { resolved } from './address.js'
import { imageOf, type GltfJson } from './gltf-json.js'
import { closePicture, pictureFrom, type Picture } from './picture.js'
import { texturesOf } from './textures.js'

/** A picture that levels of several assets wear: loaded and decoded once, once on the GPU (three counts the textures of one source), freed with its last user. */
interface Shared {
  source: Promise<Picture>
  users: number
  stop: AbortController
}

/** By absolute URL. */
const shared = new Map<string, Shared>()
const sources = new WeakSet<Picture>()

/** Does anyone else use this picture? It is not closed with the texture then. */
export function isShared(source: Picture): boolean {
  return sources.has(source)
}

/**
 * The pictures that a level names, by absolute URL: taken from who has them already, else on their way from now on. Held until `signal` is aborted.
 *
 * Basis Universal is left to the loader, which knows how to transcode it.
 */
export function takePictures({ url, textures = [] }: DepthLod, signal: AbortSignal): Map<string, Promise<Picture>> {
  const names = textures.map((texture) => resolved(texture.url, url)).filter((name) => !name.endsWith('.ktx2'))
  return new Map(names.map((name) => [name, hold(name, fetchPicture, signal)]))
}

/** A level as some other loader has loaded it: three's `GLTFLoader` tells too what it was made from. */
export interface LoadedLevel {
  scene: Object3D
  parser?: Pick<GLTFParser, 'json' | 'associations'> | undefined
}

/** Lets the picture of a level that some other loader has loaded be the one that others wear, or theirs be its own; where the loader can't tell which picture that is, it stays. */
export async function sharePicture({ scene, parser }: LoadedLevel, { url, textures = [] }: DepthLod, signal: AbortSignal): Promise<Object3D> {
  if (parser === undefined || textures.length === 0) return scene
  const worn = new Map<Texture, string>()
  for (const texture of texturesOf(scene)) {
    const name = nameOf(texture, parser)
    if (name !== undefined) worn.set(texture, name)
  }
  for (const [texture, name] of worn) {
    const own = texture.source
    const source = await hold(resolved(name, url), () => Promise.resolve(own), signal).catch(() => own)
    texture.source = source
    if (source !== own) closePicture(own)
  }
  return scene
}

/** What a level calls the picture of a texture; nothing where it holds it. (With all levels in one GLB some may wear pictures of their own.) */
function nameOf(texture: Texture, { json, associations }: Pick<GLTFParser, 'json' | 'associations'>): string | undefined {
  const index = associations.get(texture)?.textures
  const image = index === undefined ? undefined : imageOf((json as GltfJson).textures?.[index])
  const uri = image === undefined ? undefined : (json as GltfJson).images?.[image]?.uri
  return uri?.startsWith('data:') === true ? undefined : uri
}

/** The picture that is known under this URL, else what `load` gives: counted until `signal` is aborted. */
function hold(url: string, load: (url: string, signal: AbortSignal) => Promise<Picture>, signal: AbortSignal): Promise<Picture> {
  let entry = shared.get(url)
  if (entry === undefined) {
    const stop = new AbortController()
    entry = { source: load(url, stop.signal), users: 0, stop }
    shared.set(url, entry)
    entry.source.then((source) => sources.add(source), () => forget(url, held))
  }
  const held = entry
  held.users++
  const release = (): void => {
    if (--held.users > 0) return
    forget(url, held)
    held.stop.abort()
    held.source.then(closePicture, () => {})
  }
  if (signal.aborted) release()
  else signal.addEventListener('abort', release, { once: true })
  return held.source
}

function forget(url: string, entry: Shared): void {
  if (shared.get(url) === entry) shared.delete(url)
}

async function fetchPicture(url: string, signal: AbortSignal): Promise<Picture> {
  const response = await fetch(url, { signal })
  if (!response.ok) throw new Error(`${url}: expected a picture, got ${response.status} ${response.statusText}`)
  return pictureFrom(await response.blob())
}
