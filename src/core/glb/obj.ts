import type { Mesh } from '../mesh/unproject.js'

/** Faces are collected in texts of about this length, characters: one text for all would not fit where maps are large (V8 ends at 2^29). */
const CHUNK = 2 ** 22

export interface ObjContent {
  name: string
  /** A vertex for every pixel, row by row, as `triangulateGrid` makes them without a budget; NaN where there is nothing. */
  mesh: Mesh
  /** Pixels. */
  width: number
  /** Pixels. */
  height: number
  /** File name of the colour picture, beside the OBJ. */
  color: string | null
}

export interface WrittenObj {
  obj: Uint8Array
  mtl: Uint8Array
  /** Faces of four corners, and of three where the fourth is missing. */
  quads: number
  triangles: number
}

/**
 * Writes the full-resolution surface as OBJ: even quads, a pixel apart, that sculpting tools subdivide well; UVs with their origin at the bottom left, as OBJ has it.
 */
export function writeObj({ name, mesh, width, height, color }: ObjContent): WrittenObj {
  const out = new TextChunks(CHUNK)
  out.add(`mtllib ${name}.mtl\no ${name}\nusemtl ${name}\n`)
  const { positions, uvs } = mesh
  const number = new Uint32Array(width * height) // 0: no vertex; OBJ counts from 1
  let vertices = 0
  for (let i = 0; i < number.length; i++) {
    if (Number.isNaN(positions[i * 3 + 2])) continue
    number[i] = ++vertices
    out.add(`v ${short(positions[i * 3])} ${short(positions[i * 3 + 1])} ${short(positions[i * 3 + 2])}\n`)
  }
  for (let i = 0; i < number.length; i++) if (number[i] > 0) out.add(`vt ${short(uvs[i * 2])} ${short(1 - uvs[i * 2 + 1])}\n`)

  let quads = 0
  let triangles = 0
  for (let y = 0; y < height - 1; y++) {
    for (let x = 0; x < width - 1; x++) {
      const a = y * width + x
      // Counter-clockwise as seen from the front: top left, bottom left, bottom right, top right.
      const corners = [number[a], number[a + width], number[a + width + 1], number[a + 1]].filter((corner) => corner > 0)
      if (corners.length < 3) continue
      out.add(`f ${corners.map((corner) => `${corner}/${corner}`).join(' ')}\n`)
      if (corners.length === 4) quads++
      else triangles++
    }
  }
  const mtl = `newmtl ${name}\nKd 0.8 0.8 0.8\n${color === null ? '' : `map_Kd ${color}\n`}`
  return { obj: out.bytes(), mtl: new TextEncoder().encode(mtl), quads, triangles }
}

/** Seven significant digits are what a 32-bit float has. */
function short(value: number): string {
  return String(Number(value.toPrecision(7)))
}

/** Text of any length, as UTF-8. */
class TextChunks {
  readonly #size: number
  readonly #chunks: Uint8Array[] = []
  #text = ''

  constructor(size: number) {
    this.#size = size
  }

  add(text: string): void {
    this.#text += text
    if (this.#text.length >= this.#size) this.#flush()
  }

  bytes(): Uint8Array {
    this.#flush()
    const all = new Uint8Array(this.#chunks.reduce((sum, { length }) => sum + length, 0))
    let at = 0
    for (const chunk of this.#chunks) {
      all.set(chunk, at)
      at += chunk.length
    }
    return all
  }

  #flush(): void {
    this.#chunks.push(new TextEncoder().encode(this.#text))
    this.#text = ''
  }
}
