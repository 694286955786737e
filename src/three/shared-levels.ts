import type { Object3D, WebGLRenderer } from 'three'
import type { DepthLod } from '../core/glb/manifest.js'
import { absolute } from './address.js'
import { copyLevel } from './copy-level.js'
import { disposeLevel, lend } from './dispose.js'

/** Who loads a level, for all who want it. */
export interface Loading {
  /** Aborted once nobody wants it any more: before it is there, or when it is given up. */
  signal: AbortSignal
  /** To be called, by a loader that can tell, when the line will be free by the time that another request is answered. */
  arriving: () => void
  /** Who will draw it, as far as is known now. */
  renderers: () => Iterable<WebGLRenderer>
}

/** Who wants a level. */
export interface Wish {
  /** Once aborted, the level is not wanted any more: before it is there, or when it is given up. */
  signal: AbortSignal
  arriving?: (() => void) | undefined
  renderer?: WebGLRenderer | undefined
}

/** Levels as one loader loads them: those of one URL once for all who want them, on the GPU once, and freed with the last of them. */
export class SharedLevels {
  /** By absolute URL. */
  readonly #levels = new Map<string, SharedLevel>()

  constructor(private readonly load: (lod: DepthLod, loading: Loading) => Promise<Object3D>) {}

  /** A level of one's own to change, which wears geometries and textures that others wear too. What it failed of is told to all; who asks later has it tried again. */
  async take(lod: DepthLod, wish: Wish): Promise<Object3D> {
    const url = absolute(lod.url)
    let level = this.#levels.get(url)
    if (!level) {
      const made = new SharedLevel((loading) => this.load(lod, loading), () => {
        if (this.#levels.get(url) === made) this.#levels.delete(url)
      })
      this.#levels.set(url, (level = made))
    }
    return level.take(wish)
  }
}

class SharedLevel {
  readonly #wishes = new Set<Wish>()
  readonly #stop = new AbortController()
  readonly #arriving: Promise<void>
  readonly #level: Promise<Object3D>

  /** @param over called when it can't be taken any more */
  constructor(load: (loading: Loading) => Promise<Object3D>, private readonly over: () => void) {
    let arriving = () => {}
    this.#arriving = new Promise((resolve) => (arriving = resolve))
    this.#level = load({ signal: this.#stop.signal, arriving, renderers: () => this.#renderers() }).then(lend)
    this.#level.catch(() => this.#end())
  }

  take(wish: Wish): Promise<Object3D> {
    const { signal, arriving } = wish
    this.#wishes.add(wish)
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        reject(signal.reason)
        this.#wishes.delete(wish)
        if (this.#wishes.size === 0) this.#end()
      }
      if (signal.aborted) return leave()
      signal.addEventListener('abort', leave, { once: true })
      if (arriving) void this.#arriving.then(arriving)
      this.#level.then((level) => signal.aborted || resolve(copyLevel(level))).catch(reject)
    })
  }

  #end(): void {
    this.over()
    this.#stop.abort()
    this.#level.then(disposeLevel, () => {})
  }

  #renderers(): Set<WebGLRenderer> {
    return new Set([...this.#wishes].flatMap(({ renderer }) => renderer ?? []))
  }
}
