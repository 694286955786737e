import { PIXEL_LOOPS } from './pixels-wasm.js'
import { coverTriangle, createSpans } from './spans.js'

/** Triangles that a batch holds. */
export const BATCH = 1024

/** The histogram of `compare` counts by the topmost bits of a float: 6 of its mantissa, so within 1.6 %. */
export const DROPPED_BITS = 17

/** Above this many rows the histogram takes every 16th: a quarter of a million pixels of a 2048² map say enough about their 99th percentile. */
const SAMPLED_ABOVE = 512

/**
 * Looks at every pixel of triangles: what takes the time of meshing, so it runs in WebAssembly, four pixels at a time.
 *
 * The caller fills `corners` (u px, v px, disparity of each corner: nine numbers a triangle) with up to {@link BATCH} triangles. Pixels that hold
 * NaN count for nothing.
 */
export interface PixelLoops {
  readonly corners: Float64Array
  /** Of each triangle in `corners` the largest distance from the map; of a large triangle some distance of at least `enough` may do. */
  scan(count: number, enough: number): void
  readonly errors: Float32Array
  /** The first pixel of the first triangle in `corners` that is `error` away from the map, as `scan` found; −1: none. */
  locate(error: number): number
  /** Of each triangle in `corners` nine sums over its pixels: 1, dx, dy, dx², dx·dy, dy², off, off·dx, off·dy; dx, dy from its first corner, off = map − triangle. */
  moments(count: number): void
  readonly sums: Float64Array
  /** The sum of squared distances of a triangle from the map; stops once it is past `enough`. */
  squaredError(ax: number, ay: number, az: number, bx: number, by: number, bz: number, cx: number, cy: number, cz: number, enough: number): number
  /** Adds the pixels of the triangles in `corners` to `totals`: pixels that hold something, squared distance, largest distance; and distance · scale to `histogram`. */
  compare(count: number, scale: number): void
  readonly totals: Float64Array
  readonly histogram: Uint32Array
}

interface Exports {
  memory: WebAssembly.Memory
  freeFrom(): number
  useMap(address: number, width: number, height: number): void
  scan(corners: number, count: number, errors: number, enough: number): void
  locate(corners: number, error: number): number
  squaredError: PixelLoops['squaredError']
  moments(corners: number, count: number, sums: number): void
  compare(corners: number, count: number, sums: number, histogram: number, scale: number, sampled: number, droppedBits: number): void
}

let compiled: WebAssembly.Module | undefined

/** The loops over one map, with a copy of it in their memory; both go when nobody holds them. */
export function createPixelLoops(disparity: Float32Array, width: number, height: number): PixelLoops {
  compiled ??= new WebAssembly.Module(decodeBase64(PIXEL_LOOPS))
  const loops = new WebAssembly.Instance(compiled, { env: { abort: () => {} } }).exports as unknown as Exports
  let free = loops.freeFrom()
  const take = (bytes: number): number => {
    const address = (free + 15) & ~15
    free = address + bytes
    return address
  }
  const at = {
    corners: take(72 * BATCH), errors: take(4 * BATCH), sums: take(72 * BATCH), totals: take(24),
    histogram: take(4 << (32 - DROPPED_BITS)), map: take(4 * disparity.length + 16),
  }
  loops.memory.grow(Math.max(0, Math.ceil((free - loops.memory.buffer.byteLength) / 65_536)))
  const { buffer } = loops.memory
  new Float32Array(buffer, at.map, disparity.length).set(disparity)
  loops.useMap(at.map, width, height)
  const sampled = height > SAMPLED_ABOVE ? 16 : 1
  return {
    corners: new Float64Array(buffer, at.corners, 9 * BATCH),
    errors: new Float32Array(buffer, at.errors, BATCH),
    sums: new Float64Array(buffer, at.sums, 9 * BATCH),
    totals: new Float64Array(buffer, at.totals, 3),
    histogram: new Uint32Array(buffer, at.histogram, 1 << (32 - DROPPED_BITS)),
    scan: (count, enough) => loops.scan(at.corners, count, at.errors, enough),
    locate: (error) => loops.locate(at.corners, error),
    moments: (count) => loops.moments(at.corners, count, at.sums),
    squaredError: loops.squaredError,
    compare: (count, scale) => loops.compare(at.corners, count, at.totals, at.histogram, scale, sampled, DROPPED_BITS),
  }
}

/** The same in plain TypeScript: what the compiled loops are held to. */
export function createPlainPixelLoops(disparity: Float32Array, width: number, height: number): PixelLoops {
  const spans = createSpans(height)
  const { bounds } = spans
  const corners = new Float64Array(9 * BATCH)
  const errors = new Float32Array(BATCH)
  const sums = new Float64Array(9 * BATCH)
  const totals = new Float64Array(3)
  const histogram = new Uint32Array(1 << (32 - DROPPED_BITS))
  const float = new Float32Array(1)
  const bits = new Uint32Array(float.buffer)
  const sampled = height > SAMPLED_ABOVE ? 16 : 1
  /** Calls `visit` with every pixel of a triangle that holds something: its number, row, dx, dy from the first corner, and map − triangle. */
  const each = (c: ArrayLike<number>, from: number, visit: (i: number, y: number, dx: number, dy: number, off: number) => void): void => {
    const [ax, ay, az, bx, by, bz, cx, cy, cz] = Array.from({ length: 9 }, (_, k) => c[from + k])
    const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    if (area === 0) return
    const zx = ((bz - az) * (cy - ay) - (cz - az) * (by - ay)) / area
    const zy = ((cz - az) * (bx - ax) - (bz - az) * (cx - ax)) / area
    coverTriangle(spans, ax, ay, bx, by, cx, cy, width, height)
    for (let row = 0, y = spans.top; row < spans.rows; row++, y++) {
      for (let x = bounds[2 * row]; x < bounds[2 * row + 1]; x++) {
        const dx = x + 0.5 - ax
        const dy = y + 0.5 - ay
        const off = disparity[y * width + x] - (az + dx * zx + dy * zy)
        if (off === off) visit(y * width + x, y, dx, dy, off)
      }
    }
  }
  return {
    corners, errors, sums, totals, histogram,
    scan(count) {
      for (let t = 0; t < count; t++) {
        errors[t] = 0
        each(corners, 9 * t, (_i, _y, _dx, _dy, off) => {
          errors[t] = Math.max(errors[t], Math.abs(off))
        })
      }
    },
    locate(error) {
      let found = -1
      each(corners, 0, (i, _y, _dx, _dy, off) => {
        if (found < 0 && Math.fround(Math.abs(off)) === Math.fround(error)) found = i
      })
      return found
    },
    moments(count) {
      sums.fill(0, 0, 9 * count)
      for (let t = 0; t < count; t++) {
        each(corners, 9 * t, (_i, _y, dx, dy, off) => {
          for (const [k, term] of [1, dx, dy, dx * dx, dx * dy, dy * dy, off, off * dx, off * dy].entries()) sums[9 * t + k] += term
        })
      }
    },
    squaredError(...triangle) {
      let sum = 0
      each(triangle, 0, (_i, _y, _dx, _dy, off) => {
        sum += off * off
      })
      return sum
    },
    compare(count, scale) {
      for (let t = 0; t < count; t++) {
        each(corners, 9 * t, (_i, y, _dx, _dy, off) => {
          totals[0]++
          totals[1] += off * off
          totals[2] = Math.max(totals[2], Math.abs(off))
          if (y % sampled !== 0) return
          float[0] = Math.abs(off) * scale
          histogram[bits[0] >>> DROPPED_BITS]++
        })
      }
    },
  }
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}
