import type { DisparityMap } from '../../depth/convention.js'
import type { Triangulation } from '../surface/delaunay.js'
import type { ErrorModel, ErrorScale } from '../surface/error-model.js'
import type { Surface } from '../surface/surface.js'
import { solveInMemory, type Fit, type SolveExports, type Solving } from './fit.js'
import { beginInsertion, type Insertion, type InsertionExports } from './insertion.js'
import { aligned, makeRoom } from './memory.js'
import { PIXEL_LOOPS } from './pixels-wasm.js'
import { TILE } from './tiles.js'

/** Triangles that a batch holds. */
export const BATCH = 1024

/** Rows of pixels that the loops find ahead, besides those of a triangle: `ENOUGH_ROWS` of wasm/triangle.ts, rounded up. */
const ROWS = 256

/** The histogram of `compare` counts by the topmost bits of a float: 6 of its mantissa, so within 1.6 %. */
export const DROPPED_BITS = 17

/** Above this many rows the histogram takes every 16th: a quarter of a million pixels of a 2048² map say enough about their 99th percentile. */
export const SAMPLED_ABOVE = 512

/**
 * Looks at every pixel of triangles: what takes the time of meshing, so it runs in WebAssembly, four pixels at a time.
 *
 * The caller fills `corners` (u px, v px, disparity of each corner: nine numbers a triangle) with up to {@link BATCH} triangles. Pixels that hold
 * NaN count for nothing.
 */
export interface PixelLoops {
  readonly corners: Float64Array
  /** Of each triangle in `corners` the largest distance from the map and the first pixel where it is; of a large triangle some distance of at least `enough` may do. */
  scan(count: number, enough: number): void
  readonly errors: Float32Array
  /** Where those are: row · width + column. 0 where nothing errs. */
  readonly places: Int32Array
  /** Of each triangle in `corners` ten sums over its pixels: 1, dx, dy, dx², dx·dy, dy², off, off·dx, off·dy, off²; dx, dy from its first corner, off = map − triangle. */
  moments(count: number): void
  readonly sums: Float64Array
  /** The sum of squared distances of the triangles in `corners` from the map, by every `skip`-th row of pixels (a power of two), and in `sums` each one's own; stops once it is past `enough`. */
  squaredError(count: number, enough: number, skip: number): number
  /**
   * Adds the pixels of the triangles in `corners` to `totals`: pixels that hold something, squared distance, largest distance; squares and largest of the error that
   * counts, px, and its largest but for slip. That error goes to `histogram`. With `exempt` it is no larger than what `scratch` says of a pixel, where that says something (> 0).
   */
  compare(count: number, scale: ErrorScale, exempt: boolean): void
  readonly totals: Float64Array
  readonly histogram: Uint32Array
  /** Raises `scratch` to the disparity of the triangles in `corners` at each pixel they cover; NaN counts for nothing. */
  drape(count: number): void
  /** A number a pixel; empty unless asked for. */
  readonly scratch: Float32Array
  /** Solves for the disparities of a surface (see `solveDisparity`). */
  solve(surface: Surface, solving: Solving): Fit
  /** Begins to insert points into a surface (see `insertGreedily`); `map` holds the values of its vertices, those too where no error counts. */
  insertInto(surface: Triangulation, map: DisparityMap, model: ErrorModel, jump: number): Insertion
}

interface Exports extends InsertionExports, SolveExports {
  freeFrom(): number
  useMap(address: number, width: number, height: number, rows: number): void
  scan(corners: number, count: number, errors: number, places: number, enough: number): void
  squaredError(corners: number, count: number, sums: number, enough: number, skip: number): number
  moments(corners: number, count: number, sums: number): void
  compare(corners: number, count: number, totals: number, histogram: number, scale: number, sampled: number, droppedBits: number, far: number, range: number, exempt: number): void
  drape(corners: number, count: number, surface: number): void
}

/** Where things lie in the memory, bytes; from `end` on it is free. */
type Addresses = Readonly<Record<'corners' | 'errors' | 'places' | 'sums' | 'totals' | 'histogram' | 'rows' | 'tiles' | 'map' | 'scratch' | 'end', number>>

let compiled: WebAssembly.Module | undefined

const loopsOfMaps = new WeakMap<Float32Array, PixelLoops>()

/** The loops over a whole map, with scratch; the same ones each time. */
export function loopsOver({ disparity, width, height }: Pick<DisparityMap, 'disparity' | 'width' | 'height'>): PixelLoops {
  let loops = loopsOfMaps.get(disparity)
  if (loops === undefined) loopsOfMaps.set(disparity, (loops = createPixelLoops(disparity, width, height, { scratch: true })))
  return loops
}

/** Gives a whole map's loops back, 8 bytes a pixel: their memory would last as long as the map. Asked for again, they are made again. */
export function forgetLoops({ disparity }: Pick<DisparityMap, 'disparity'>): void {
  loopsOfMaps.delete(disparity)
}

/** The loops over one map, with a copy of it in their memory; both go when nobody holds them. */
export function createPixelLoops(disparity: Float32Array, width: number, height: number, { scratch = false } = {}): PixelLoops {
  return new CompiledLoops(disparity, width, height, scratch)
}

/** The loops as wasm/ has them. Views of its memory are fields, looked at anew when the memory has grown: who holds the loops asks for them each time. */
class CompiledLoops implements PixelLoops {
  corners!: Float64Array
  errors!: Float32Array
  places!: Int32Array
  sums!: Float64Array
  totals!: Float64Array
  histogram!: Uint32Array
  scratch!: Float32Array
  private readonly wasm: Exports
  private readonly at: Addresses
  private readonly sampled: number

  constructor(private readonly disparity: Float32Array, width: number, height: number, private readonly hasScratch: boolean) {
    compiled ??= new WebAssembly.Module(decodeBase64(PIXEL_LOOPS))
    this.wasm = new WebAssembly.Instance(compiled, { env: { makeRoom: (end: number) => this.makeRoom(end) } }).exports as unknown as Exports
    let free = this.wasm.freeFrom()
    const take = (bytes: number): number => {
      const address = aligned(free)
      free = address + bytes
      return address
    }
    this.at = {
      corners: take(72 * BATCH), errors: take(4 * BATCH), places: take(4 * BATCH), sums: take(80 * BATCH), totals: take(48), histogram: take(4 << (32 - DROPPED_BITS)),
      rows: take(16 * (height + ROWS)), tiles: take(4 * tilesOf(width, height)), map: take(4 * disparity.length + 16), scratch: take(hasScratch ? 4 * disparity.length + 16 : 0), end: free,
    }
    this.sampled = height > SAMPLED_ABOVE ? 16 : 1
    this.makeRoom(free)
    new Float32Array(this.wasm.memory.buffer, this.at.map, disparity.length).set(disparity)
    this.wasm.useMap(this.at.map, width, height, this.at.rows)
  }

  scan(count: number, enough: number): void {
    this.wasm.scan(this.at.corners, count, this.at.errors, this.at.places, enough)
  }

  moments(count: number): void {
    this.wasm.moments(this.at.corners, count, this.at.sums)
  }

  squaredError(count: number, enough: number, skip: number): number {
    return this.wasm.squaredError(this.at.corners, count, this.at.sums, enough, skip)
  }

  compare(count: number, { pixelsPerDisparity, wNear, wFar }: ErrorScale, exempt: boolean): void {
    const { wasm, at, sampled } = this
    wasm.compare(at.corners, count, at.totals, at.histogram, pixelsPerDisparity, sampled, DROPPED_BITS, wFar, wNear - wFar, exempt ? at.scratch : 0)
  }

  drape(count: number): void {
    this.wasm.drape(this.at.corners, count, this.at.scratch)
  }

  solve(surface: Surface, solving: Solving): Fit {
    const fit = solveInMemory(this.wasm, surface, solving, this.at.end)
    this.look()
    return fit
  }

  insertInto(surface: Triangulation, map: DisparityMap, model: ErrorModel, jump: number): Insertion {
    const { wasm, at, disparity } = this
    const own = map.disparity === disparity
    const values = own ? at.map : aligned(at.end)
    const free = own ? at.end : values + 4 * disparity.length
    this.makeRoom(free)
    if (!own) new Float32Array(wasm.memory.buffer, values, disparity.length).set(map.disparity)
    return beginInsertion(wasm, surface, model, jump, { tiles: at.tiles, values, free })
  }

  private makeRoom(end: number): void {
    makeRoom(this.wasm.memory, end)
    this.look()
  }

  /** Looks at the memory anew where it has grown: that leaves its views behind. */
  private look(): void {
    const { at, wasm: { memory: { buffer } } } = this
    if (this.corners?.buffer === buffer) return
    this.corners = new Float64Array(buffer, at.corners, 9 * BATCH)
    this.errors = new Float32Array(buffer, at.errors, BATCH)
    this.places = new Int32Array(buffer, at.places, BATCH)
    this.sums = new Float64Array(buffer, at.sums, 10 * BATCH)
    this.totals = new Float64Array(buffer, at.totals, 6)
    this.histogram = new Uint32Array(buffer, at.histogram, 1 << (32 - DROPPED_BITS))
    this.scratch = new Float32Array(buffer, at.scratch, this.hasScratch ? this.disparity.length : 0)
  }
}

/** How many numbers insertion needs to sort triangles by tiles. */
function tilesOf(width: number, height: number): number {
  return (Math.ceil(width / TILE) + 1) * (Math.ceil(height / TILE) + 1) + 2
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}
