import { LoaderUtils, type Object3D } from 'three'
import type { DepthAsset, DepthLod } from '../core/glb/manifest.js'
import { DepthBackground, type DepthBackgroundOptions } from './background.js'
import { disposeScene, type LoadGlb } from './chain.js'
import { sharePicture, SharedPictures, takePictures, type LoadedLevel } from './shared-pictures.js'

/** What is needed of a loader: three's `GLTFLoader`, with its meshopt decoder set, fits. */
export interface GlbLoader {
  loadAsync(url: string): Promise<LoadedLevel>
}

export interface LoadDepthBackgroundOptions extends DepthBackgroundOptions {
  /** A loader of your own, for its loading manager or its further decoders. By default a `GLTFLoader` is imported when it is needed. */
  loader?: GlbLoader | undefined
  /** Stops loading. Before the first level is on screen nothing is left behind; afterwards what is shown stays. */
  signal?: AbortSignal | undefined
}

/**
 * Puts a depth map on screen: resolves when its coarsest level is there, then loads the target level.
 *
 * @example
 * import { asset } from './canyon.depth.png'
 * const background = await loadDepthBackground(asset)
 * scene.add(background.object)
 * renderer.setAnimationLoop(() => { background.update(camera); renderer.render(scene, camera) })
 *
 * @throws what the loader throws when the coarsest level can't be loaded; `signal.reason` when stopped
 */
export async function loadDepthBackground(asset: DepthAsset, options: LoadDepthBackgroundOptions = {}): Promise<DepthBackground> {
  const { loader, signal } = options
  signal?.throwIfAborted()
  const background = new DepthBackground(asset, loader ? loadWith(loader) : loadByDefault, options)
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

function loadWith(loader: GlbLoader): LoadGlb {
  return (lod, signal) =>
    new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      const shown = loader.loadAsync(lod.url).then((loaded) => sharePicture(loaded, lod, signal))
      shown.then((scene) => (signal.aborted ? disposeScene(scene) : resolve(scene)), reject)
    })
}

/** Fetches by itself, so that what is not wanted any more stops costing bandwidth, and what levels share is loaded once, beside the level. */
async function loadByDefault(lod: DepthLod, signal: AbortSignal, arriving?: () => void): Promise<Object3D> {
  const { url } = lod
  const loader = defaultLoader()
  const pictures = takePictures(lod, signal)
  const asked = performance.now()
  const response = await fetch(url, { signal })
  if (!response.ok) throw new Error(`${url}: expected a GLB, got ${response.status} ${response.statusText}`)
  const glb = await readBody(response, { bytes: lod.bytes, latency: performance.now() - asked, arriving })
  const { scene } = await (await loader).register((parser) => new SharedPictures(parser, url, pictures)).parseAsync(glb, LoaderUtils.extractUrlBase(url))
  if (!signal.aborted) return scene
  disposeScene(scene)
  throw signal.reason
}

interface Arrival {
  /** Of the whole body. */
  bytes: number
  /** Milliseconds from a request to its answer. */
  latency: number
  arriving: (() => void) | undefined
}

/** The body of a response, and word as soon as what is left of it takes no longer than the answer to another request, at the latest when it is there. */
async function readBody(response: Response, { bytes, latency, arriving }: Arrival): Promise<ArrayBuffer> {
  if (!arriving || !response.body) return response.arrayBuffer()
  const parts: Uint8Array<ArrayBuffer>[] = []
  const begun = performance.now()
  const reader = response.body.getReader()
  let [received, told] = [0, false]
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value)
    received += part.value.length
    // (How fast the first part came, which waited for nobody to read it, says nothing.)
    const left = parts.length > 1 ? ((bytes - received) * (performance.now() - begun)) / received : Infinity
    if (told || left > latency) continue
    told = true
    arriving()
  }
  if (!told) arriving()
  return new Blob(parts).arrayBuffer()
}

async function defaultLoader() {
  const [{ GLTFLoader }, { MeshoptDecoder }] = await Promise.all([
    import('three/examples/jsm/loaders/GLTFLoader.js'),
    import('three/examples/jsm/libs/meshopt_decoder.module.js'),
  ])
  return new GLTFLoader().setMeshoptDecoder(MeshoptDecoder)
}
