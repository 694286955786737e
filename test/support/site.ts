import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const TYPES: Record<string, string> = { '.js': 'text/javascript', '.html': 'text/html', '.glb': 'model/gltf-binary', '.webp': 'image/webp', '.map': 'application/json' }

export interface Site {
  origin: string
  /** Paths asked for, in order. */
  requests: string[]
  /** Those of them that asked for a range of bytes, first and last included. */
  ranges: { path: string; first: number; last: number }[]
  close(): Promise<void>
}

/** Serves `files` by path, and everything else from the repository's root, on a free port of this machine. */
export async function openSite(files: Map<string, Uint8Array | string>): Promise<Site> {
  const requests: string[] = []
  const ranges: Site['ranges'] = []
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://site').pathname)
    requests.push(path)
    const known = files.get(path)
    Promise.resolve(known ?? readFile(join(root, normalize(path)))).then(
      (body) => {
        const type = { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' }
        const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
        if (range === null) return response.writeHead(200, type).end(body)
        const [first, last] = [Number(range[1]), Math.min(Number(range[2]), body.length - 1)]
        ranges.push({ path, first, last })
        return response.writeHead(206, { ...type, 'content-range': `bytes ${first}-${last}/${body.length}` }).end(body.slice(first, last + 1))
      },
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    ranges,
    close: () => new Promise((resolve) => (server.closeAllConnections(), server.close(() => resolve()))),
  }
}
