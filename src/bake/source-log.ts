import { resolve } from 'node:path'
import { stampOf } from './read.js'

/** The files one asset is made of. Absolute paths. */
export interface Dependencies {
  /** Read, and watched for edits. */
  present: string[]
  /** Not there; would be read if they appeared. */
  missing: string[]
}

/** Notes what was looked at while sources are read, so that it is known after a failure too. */
export class SourceLog {
  readonly #present = new Map<string, string>()
  readonly #missing = new Set<string>()

  /** `stamp` tells one state of a file from the next. */
  present(path: string, stamp: string): void {
    this.#present.set(resolve(path), stamp)
    this.#missing.delete(resolve(path))
  }

  missing(path: string): void {
    if (!this.#present.has(resolve(path))) this.#missing.add(resolve(path))
  }

  get dependencies(): Dependencies {
    return { present: [...this.#present.keys()], missing: [...this.#missing] }
  }

  /** Has any of the files changed, gone or appeared since? */
  isStale(): boolean {
    for (const [path, stamp] of this.#present) if (stampOf(path) !== stamp) return true
    for (const path of this.#missing) if (stampOf(path) !== '') return true
    return false
  }
}
