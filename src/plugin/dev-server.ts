import { createHash } from 'node:crypto'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { isGlb, mediaTypeOf, renamePictures } from '../core/glb/pictures.js'
import type { BakedFile } from '../core/pipeline.js'

/** Where baked files lie on the dev server. */
const PREFIX = '/@depthmesh/'
/** States of one map that are kept: a page may still be loading the one before the last. */
const KEPT_STATES = 4
/** Hex digits of the SHA-256 in a URL: 128 bits, which nobody guesses. */
const HASH_LENGTH = 32

/** The baked files that dev servers hand out: Nuxt has a server for pages and one for what it renders, whose URLs pages ask the first one for. */
export interface DevFiles {
  /** Takes the files of a map's newest state; gives the path of each, to be put behind Vite's base. */
  publish(map: string, files: readonly BakedFile[]): Map<string, string>
  /**
   * A connect middleware. Answers what was published, by exact look-up; a request never starts anything.
   *
   * @param headers `server.headers` of Vite's config: sent with every file.
   * @param isLast whether nobody after it may know what it does not: another `depthmesh()` for other maps.
   */
  middleware(headers: OutgoingHttpHeaders, isLast: boolean): (request: IncomingMessage, response: ServerResponse, next: () => void) => void
}

export function createDevFiles(): DevFiles {
  const files = new Map<string, Uint8Array>()
  const states = new Map<string, Map<string, string>[]>()

  return {
    publish(map, baked) {
      const paths = new Map<string, string>()
      const add = (name: string, bytes: Uint8Array): void => {
        const hash = createHash('sha256').update(bytes).digest('hex').slice(0, HASH_LENGTH)
        const path = `${PREFIX}${hash}/${encodeURIComponent(name)}`
        paths.set(name, path)
        files.set(path, bytes)
      }
      // Pictures first: a GLB that names one finds it in the folder of the picture's own hash, whatever variation it is of.
      for (const { name, bytes } of baked) if (!isGlb(name)) add(name, bytes)
      for (const { name, bytes } of baked) if (isGlb(name)) add(name, renamePictures(bytes, (uri) => (paths.get(decodeURIComponent(uri)) ?? uri).replace(PREFIX, '../')))
      // (Code of pages and of the server that renders them gets the same state.)
      const known = [paths, ...(states.get(map) ?? []).filter((state) => !isSame(state, paths))]
      states.set(map, known.slice(0, KEPT_STATES))
      const wanted = new Set([...states.values()].flat().flatMap((state) => [...state.values()]))
      for (const old of known.slice(KEPT_STATES)) for (const path of old.values()) if (!wanted.has(path)) files.delete(path)
      return paths
    },

    middleware: (headers, isLast) => (request, response, next) => {
      const path = pathOf(request.url ?? '')
      const bytes = path === null ? undefined : files.get(path)
      if (path === null || (bytes === undefined && !isLast)) {
        next()
        return
      }
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        response.writeHead(405, { ...headers, Allow: 'GET, HEAD' }).end()
        return
      }
      if (bytes === undefined) {
        response.writeHead(404, { ...headers, 'Content-Type': 'text/plain' }).end('No such file. It may belong to an older state of a depth map: reload the page.')
        return
      }
      send(request, response, bytes, path, headers)
    },
  }
}

function isSame(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return one.size === other.size && [...one].every(([name, path]) => other.get(name) === path)
}

function send(request: IncomingMessage, response: ServerResponse, bytes: Uint8Array, path: string, headers: OutgoingHttpHeaders): void {
  const etag = `"${path.slice(PREFIX.length, PREFIX.length + HASH_LENGTH)}"`
  const common = { ...headers, ETag: etag, 'Cache-Control': 'public, max-age=31536000, immutable', 'Accept-Ranges': 'bytes', 'Content-Type': mediaTypeOf(path), 'X-Content-Type-Options': 'nosniff' }
  const known = request.headers['if-none-match']
  if (known !== undefined && known.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag || tag.trim() === '*')) {
    response.writeHead(304, common).end()
    return
  }
  const range = rangeOf(request, etag, bytes.length)
  if (range === 'unsatisfiable') {
    response.writeHead(416, { ...common, 'Content-Range': `bytes */${bytes.length}` }).end()
    return
  }
  const part = range === null ? bytes : bytes.subarray(range.start, range.end + 1)
  const status = range === null ? {} : { 'Content-Range': `bytes ${range.start}-${range.end}/${bytes.length}` }
  response.writeHead(range === null ? 200 : 206, { ...common, ...status, 'Content-Length': part.length })
  response.end(request.method === 'HEAD' ? undefined : part)
}

/** The path behind the base and behind what a parent server stripped, or null if it is not ours. */
function pathOf(url: string): string | null {
  const path = url.split(/[?#]/, 1)[0]
  const start = path.indexOf(PREFIX)
  return start < 0 ? null : path.slice(start)
}

/** One range, both ends included; null for the whole file. Several ranges at once may be answered with the whole. */
function rangeOf(request: IncomingMessage, etag: string, length: number): { start: number; end: number } | 'unsatisfiable' | null {
  const condition = request.headers['if-range']
  if (condition !== undefined && condition !== etag) return null
  const match = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '')
  if (match === null || (match[1] === '' && match[2] === '')) return null
  const [first, last] = [match[1], match[2]]
  const start = first === '' ? Math.max(0, length - Number(last)) : Number(first)
  const end = first === '' || last === '' ? length - 1 : Math.min(Number(last), length - 1)
  return start > end || start >= length || (first === '' && Number(last) === 0) ? 'unsatisfiable' : { start, end }
}
