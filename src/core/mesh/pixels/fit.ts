import type { Surface } from '../surface/surface.js'
import { aligned, makeRoom } from './memory.js'

/** What the pixels of a surface say of its corners. λ: barycentrics at a pixel; off: map − surface. It lies in the memory of the loops, and lasts until they are asked for another. */
export interface Fit {
  /** Six numbers a triangle abc, over its pixels: Σλaλa, Σλbλb, Σλcλc, Σλaλb, Σλbλc, Σλcλa. */
  local: Float64Array
  /** Three numbers a triangle: Σλa·off, Σλb·off, Σλc·off. */
  rest: Float64Array
  /** A number a triangle: Σoff². */
  squares: Float64Array
}

/** How a surface's disparities are solved for. */
export interface Solving {
  /** Of conjugate gradients; with 0 nothing moves. */
  steps: number
  /** What no vertex leaves. */
  low: number
  high: number
  /** Of each triangle whether it has changed since the last time: only those are looked at. */
  changed?: Uint8Array | undefined
}

/** What wasm/ does for it. */
export interface SolveExports {
  memory: WebAssembly.Memory
  useSurface(points: number, vertices: number, triangles: number, count: number, local: number, rest: number, squares: number, vectors: number): void
  fitTriangles(changed: number): void
  solve(steps: number, low: number, high: number): void
}

/** Fits a surface to the pixels (see `solveDisparity`), in WebAssembly: it and what is said of it have room from `free` on. */
export function solveInMemory(wasm: SolveExports, { points, triangles }: Surface, { steps, low, high, changed }: Solving, free: number): Fit {
  const vertices = points.length / 3
  const count = triangles.length / 3
  const take = (bytes: number): number => {
    const address = aligned(free)
    free = address + bytes
    return address
  }
  const at = { points: take(12 * vertices), triangles: take(12 * count), changed: take(count), local: take(48 * count), rest: take(24 * count), squares: take(8 * count), vectors: take(40 * vertices) }
  makeRoom(wasm.memory, free)
  const { buffer } = wasm.memory
  const moved = new Float32Array(buffer, at.points, points.length)
  moved.set(points)
  new Uint32Array(buffer, at.triangles, triangles.length).set(triangles)
  if (changed !== undefined) new Uint8Array(buffer, at.changed, count).set(changed)
  wasm.useSurface(at.points, vertices, at.triangles, count, at.local, at.rest, at.squares, at.vectors)
  wasm.fitTriangles(changed === undefined ? 0 : at.changed)
  if (steps > 0) {
    wasm.solve(steps, low, high)
    points.set(moved)
  }
  return { local: new Float64Array(buffer, at.local, 6 * count), rest: new Float64Array(buffer, at.rest, 3 * count), squares: new Float64Array(buffer, at.squares, count) }
}
