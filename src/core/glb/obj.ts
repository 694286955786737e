import type { PixelSurface } from '../mesh/pixel-surface.js'
import { AsciiText } from './ascii.js'
import type { Pieces } from './pieces.js'

/** Bytes of a piece, and a row more. */
const PIECE = 2 ** 20
/** Bytes that a vertex, or a face, takes at most: its numbers, with as many decimals as there can be. */
const LONGEST_LINE = 128

/**
 * Numbers are no longer than they need to be. Rounding moves a vertex by at most this part of a pixel, in space and on the picture, and by half a level of 16 bits in depth.
 * It can't be less in depth: sculpting tools light every quad, and would show steps. A map of 2048² takes 462 MB, with seven digits each 502. (Three fifths of that name
 * the corners of faces. Counted back from the face these would be shorter, but not every reader can.)
 */
const SIDEWAYS = 1 / 32
const IN_DEPTH = 0.5
/** Those of a double. */
const MOST_DECIMALS = 15

const [LINE_END, SPACE, SLASH, FACE, VERTEX] = Array.from('\n /fv', (letter) => letter.charCodeAt(0))

export interface ObjContent {
  name: string
  surface: PixelSurface
  /** File name of the colour picture, beside the OBJ. */
  color: string | null
}

export interface WrittenObj {
  obj: Pieces
  mtl: Uint8Array
}

/**
 * Writes the full-resolution surface as OBJ: even quads, a pixel apart, that sculpting tools subdivide well; UVs with their origin at the bottom left, as OBJ has it.
 */
export function writeObj({ name, surface, color }: ObjContent): WrittenObj {
  const mtl = `newmtl ${name}\nKd 0.8 0.8 0.8\n${color === null ? '' : `map_Kd ${color}\n`}`
  return { obj: () => piecesOf(name, surface), mtl: new TextEncoder().encode(mtl) }
}

function* piecesOf(name: string, { width, height, resolution, rows, cells }: PixelSurface): Generator<Uint8Array> {
  yield new TextEncoder().encode(`mtllib ${name}.mtl\no ${name}\nusemtl ${name}\n`)
  const out = new AsciiText(PIECE + LONGEST_LINE * width)
  for (const { positions, has } of rows()) {
    for (let x = 0, at = 0; x < width; x++, at += 3) {
      if (has[x] === 0) continue
      const depth = Math.abs(positions[at + 2])
      const sideways = decimals(resolution.pixel(depth) * SIDEWAYS)
      const inDepth = decimals(resolution.level(depth) * IN_DEPTH)
      out.byte(VERTEX)
      out.rounded(positions[at], sideways)
      out.rounded(positions[at + 1], resolution.axis === 1 ? inDepth : sideways)
      out.rounded(positions[at + 2], resolution.axis === 2 ? inDepth : sideways)
      out.byte(LINE_END)
    }
    if (out.length >= PIECE) yield out.take()
  }

  const [u, v] = [decimals(SIDEWAYS / width), decimals(SIDEWAYS / height)]
  for (const { uvs, has } of rows()) {
    for (let x = 0; x < width; x++) {
      if (has[x] === 0) continue
      out.text('vt')
      out.rounded(uvs[x * 2], u)
      out.rounded(1 - uvs[x * 2 + 1], v)
      out.byte(LINE_END)
    }
    if (out.length >= PIECE) yield out.take()
  }

  /** (OBJ counts from 1.) */
  const corner = (vertex: number): void => {
    if (vertex < 0) return
    out.byte(SPACE)
    out.count(vertex + 1)
    out.byte(SLASH)
    out.count(vertex + 1)
  }
  for (const { upper, lower } of cells()) {
    for (let x = 0; x < width - 1; x++) {
      // Counter-clockwise as seen from the front: top left, bottom left, bottom right, top right.
      const [a, b, c, d] = [upper[x], lower[x], lower[x + 1], upper[x + 1]]
      if (+(a < 0) + +(b < 0) + +(c < 0) + +(d < 0) > 1) continue
      out.byte(FACE)
      corner(a)
      corner(b)
      corner(c)
      corner(d)
      out.byte(LINE_END)
    }
    if (out.length >= PIECE) yield out.take()
  }
  yield out.take()
}

/** How many decimals keep a rounded number within `tolerance`. */
function decimals(tolerance: number): number {
  return Math.min(MOST_DECIMALS, Math.max(0, Math.ceil(-Math.log10(2 * tolerance))))
}
