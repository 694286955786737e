import { LoaderUtils, type Object3D } from 'three'
import type { DepthLod, LiveDepthAsset } from '../core/glb/manifest.js'
import { DepthBackground, type DepthBackgroundOptions } from './background.js'
import { disposeLevel } from './dispose.js'
import { EarlyPictures } from './early-pictures.js'
import { KnownTextures } from './known-textures.js'
import { SharedLevels, type Loading } from './shared-levels.js'
import { sharePicture, takePictures, type LoadedLevel } from './shared-pictures.js'
import { texturesOf } from './textures.js'

/** What is needed of a loader: three's `GLTFLoader`, with its meshopt decoder set, fits. */
export interface GlbLoader {
  loadAsync(url: string): Promise<LoadedLevel>
}

export interface LoadDepthBackgroundOptions extends DepthBackgroundOptions {
  /**
   * A loader of your own, for its loading manager or its further decoders. By default a `GLTFLoader` is imported when it is needed. Backgrounds share what the same loader has
   * loaded: make one, and give it to all.
   */
  loader?: GlbLoader | undefined
  /** Stops loading. Before the first level is on screen nothing is left behind; afterwards what is shown stays. */
  signal?: AbortSignal | undefined
}

/**
 * Puts a depth map on screen: resolves when its coarsest level is there, then loads the target level. Called again for the same asset, it loads nothing twice: each background
 * chooses its own level, and what shows the same one shares its memory.
 *
 * @example
 * import { asset } from './canyon.depth.png'
 * renderer.setAnimationLoop(() => renderer.render(scene, camera))
 * const background = await loadDepthBackground(asset, { scene, renderer })
 * scene.add(background.object)
 * renderer.setAnimationLoop(() => { background.update(camera); renderer.render(scene, camera) })
 *
 * @throws what the loader throws when the coarsest level can't be loaded; `signal.reason` when stopped
 */
export async function loadDepthBackground(asset: LiveDepthAsset, options: LoadDepthBackgroundOptions = {}): Promise<DepthBackground> {
  const { loader, signal } = options
  signal?.throwIfAborted()
  // (What else is given as one, WebGPU's say, makes ready in frames alone.)
  const renderer = (options.renderer as { isWebGLRenderer?: boolean } | undefined)?.isWebGLRenderer === true ? options.renderer : undefined
  const levels = levelsOf(loader)
  const background = new DepthBackground(asset, (lod, signal, arriving) => levels.take(lod, { signal, arriving, renderer }), { ...options, renderer })
  const stop = () => background.stop(signal?.reason)
  signal?.addEventListener('abort', stop, { once: true })
  try {
    await background.start()
    return background
  } catch (error) {
    background.dispose()
    throw error
  } finally {
    background.ready.catch(() => {}).then(() => signal?.removeEventListener('abort', stop))
  }
}

/** By loader: another one may read the same file another way. */
const levelsBy = new WeakMap<GlbLoader, SharedLevels>()
const levelsByDefault = new SharedLevels(loadByDefault)

function levelsOf(loader: GlbLoader | undefined): SharedLevels {
  if (!loader) return levelsByDefault
  const levels = levelsBy.get(loader) ?? new SharedLevels((lod, { signal }) => loadWith(loader, lod, signal))
  levelsBy.set(loader, levels)
  return levels
}

async function loadWith(loader: GlbLoader, lod: DepthLod, signal: AbortSignal): Promise<Object3D> {
  const scene = await sharePicture(await loader.loadAsync(lod.url), lod, signal)
  if (!signal.aborted) return scene
  disposeLevel(scene)
  throw signal.reason
}

/** Fetches by itself, so that what is not wanted any more stops costing bandwidth, what levels share is loaded once, beside the level, and pictures are decoded while meshes arrive. */
async function loadByDefault(lod: DepthLod, { signal, arriving, renderers }: Loading): Promise<Object3D> {
  const { url } = lod
  const loader = defaultLoader()
  const taken = takePictures(lod, signal)
  const early = new EarlyPictures(renderers)
  try {
    const asked = performance.now()
    const response = await fetch(url, { signal })
    if (!response.ok) throw new Error(`${url}: expected a GLB, got ${response.status} ${response.statusText}`)
    const glb = await readBody(response, { bytes: lod.bytes, latency: performance.now() - asked, arriving, look: (part) => early.look(part) })
    const { scene } = await (await loader).register((parser) => new KnownTextures(parser, { url, taken, early })).parseAsync(glb, LoaderUtils.extractUrlBase(url))
    if (!signal.aborted) {
      early.handOver(texturesOf(scene))
      return scene
    }
    disposeLevel(scene)
    throw signal.reason
  } catch (error) {
    early.close()
    throw error
  }
}

interface Arrival {
  /** Of the whole body, as far as is known. */
  bytes: number
  /** Milliseconds from a request to its answer. */
  latency: number
  arriving: () => void
  /** Shown all that has come, each time that more has. */
  look: (received: Uint8Array<ArrayBuffer>) => void
}

/** The body of a response, and word as soon as what is left of it takes no longer than the answer to another request, at the latest when it is there. */
async function readBody(response: Response, { bytes, latency, arriving, look }: Arrival): Promise<ArrayBuffer> {
  let file = new Uint8Array(bytes)
  const begun = performance.now()
  let [received, parts, told] = [0, 0, false]
  for await (const part of partsOf(response)) {
    if (received + part.length > file.length) file = copyOf(file, Math.max(2 * file.length, received + part.length))
    file.set(part, received)
    received += part.length
    parts++
    look(file.subarray(0, received))
    // (How fast the first part came, which waited for nobody to read it, says nothing.)
    const left = parts > 1 ? ((bytes - received) * (performance.now() - begun)) / received : Infinity
    if (told || left > latency) continue
    told = true
    arriving()
  }
  if (!told) arriving()
  return received === file.length ? file.buffer : file.buffer.slice(0, received)
}

async function* partsOf(response: Response): AsyncGenerator<Uint8Array> {
  if (!response.body) return yield new Uint8Array(await response.arrayBuffer())
  const reader = response.body.getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value
}

function copyOf(file: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(length)
  copy.set(file)
  return copy
}

async function defaultLoader() {
  const [{ GLTFLoader }, { MeshoptDecoder }] = await Promise.all([
    import('three/examples/jsm/loaders/GLTFLoader.js'),
    import('three/examples/jsm/libs/meshopt_decoder.module.js'),
  ])
  return new GLTFLoader().setMeshoptDecoder(MeshoptDecoder)
}
