// Which pixel of a triangle is worst, and how much it errs: the first half of test/core/mesh/pixels/plain-insertion.ts again, statement by statement.

import { put } from './queue'
import { scan } from './scan'
import { CANDIDATE, changed, changedCount, clean, clearChanged, lists, origin, triangle, xOf, yOf, zOf } from './surface'
import { height, width } from './triangle'

/** As in plain-insertion.ts and delaunay.ts. */
export const LATTICE = 8
const ROUNDING: f64 = 0.5 / 65535
const WORTH_SORTING = 256

/** Stands for the pixel of a triangle that is to be split where it slips most. */
export const SLIPPING = -1

/** Triangles scanned at a time; their corners, errors, places, numbers and slips. */
const BATCH = 256
const corners = memory.data(72 * 256, 16)
const errors = memory.data(4 * 256, 16)
const places = memory.data(4 * 256, 16)
const scanned = memory.data(4 * 256, 16)
const slips = memory.data(8 * 256, 16)

/** Side of a tile, px: TILE in tiles.ts. */
const TILE = 64
/** Room for a number a tile, and two more. */
let tileStarts: usize = 0

let pixelsPerDisparity: f64 = 0
/** Errors up to this, px, don't count. */
let floor: f64 = 0
let slip: bool = false
export let wFar: f64 = 0
export let wRange: f64 = 0

export function useModel(scale: f64, smallest: f64, slipping: bool, far: f64, range: f64, tiles: usize): void {
  pixelsPerDisparity = scale
  floor = smallest
  slip = slipping
  wFar = far
  wRange = range
  tileStarts = tiles
}

function gatherCorners(t: i32, to: usize): void {
  const at = triangle(t)
  for (let k: usize = 0; k < 3; k++, to += 24) {
    const v = load<i32>(at + (k << 2))
    store<f64>(to, <f64>xOf(v) / LATTICE)
    store<f64>(to, <f64>yOf(v) / LATTICE, 8)
    store<f64>(to, zOf(v), 16)
  }
}

/** As in texture-slip.ts. */
export function edgeSlip(dx: f64, dy: f64, wa: f64, wb: f64): f64 {
  const ratio = Math.sqrt(wa > wb ? wa / wb : wb / wa)
  return (Math.sqrt(dx * dx + dy * dy) * (ratio - 1)) / (ratio + 1)
}

function largestSlip(at: usize): f64 {
  const ax = load<f64>(at), ay = load<f64>(at, 8)
  const bx = load<f64>(at, 24), by = load<f64>(at, 32)
  const cx = load<f64>(at, 48), cy = load<f64>(at, 56)
  const wa = wFar + load<f64>(at, 16) * wRange
  const wb = wFar + load<f64>(at, 40) * wRange
  const wc = wFar + load<f64>(at, 64) * wRange
  return max(max(edgeSlip(bx - ax, by - ay, wa, wb), edgeSlip(cx - bx, cy - by, wb, wc)), edgeSlip(ax - cx, ay - cy, wc, wa))
}

/** Finds the worst error of every triangle that changed; past `enough` px, which is split anyway, of a large one some error will do. */
export function flush(enough: f64): void {
  const order = changedCount > WORTH_SORTING ? sortByTile() : changed
  let count = 0
  for (let i = 0; i < changedCount; i++) {
    const t = load<i32>(order + (<usize>i << 2))
    clean(t)
    const at = corners + <usize>count * 72
    gatherCorners(t, at)
    const slipped = slip ? largestSlip(at) : 0
    if (slipped > floor && slipped >= enough) {
      store<i32>(triangle(t), SLIPPING, CANDIDATE)
      put(t, slipped)
      continue
    }
    store<i32>(scanned + (<usize>count << 2), t)
    store<f64>(slips + (<usize>count << 3), slipped)
    count++
    if (count < BATCH) continue
    weigh(count, enough)
    count = 0
  }
  weigh(count, enough)
  clearChanged()
}

/** Scans what was gathered, and queues it. */
function weigh(count: i32, enough: f64): void {
  scan(corners, count, errors, places, <f32>(enough / pixelsPerDisparity))
  for (let i: usize = 0; i < <usize>count; i++) {
    const t = load<i32>(scanned + (i << 2))
    const error = <f64>load<f32>(errors + (i << 2))
    const slipped = load<f64>(slips + (i << 3))
    const distance: f64 = error > ROUNDING ? error * pixelsPerDisparity : 0
    const isSlipping = slipped > distance && slipped > floor
    store<i32>(triangle(t), isSlipping ? SLIPPING : load<i32>(places + (i << 2)), CANDIDATE)
    const worst = isSlipping ? slipped : distance
    put(t, worst > floor ? worst : 0)
  }
}

/** The changed triangles, those of a tile of the picture one after the other. */
function sortByTile(): usize {
  const tilesAcross = (width + TILE - 1) / TILE + 1
  const tileCount = tilesAcross * ((height + TILE - 1) / TILE + 1)
  // (a list has 8 bytes a triangle)
  const order = lists
  const tiles = lists + (<usize>changedCount << 2)
  const starts = tileStarts
  memory.fill(starts, 0, <usize>(tileCount + 2) << 2)
  for (let i = 0; i < changedCount; i++) {
    const v = origin(load<i32>(changed + (<usize>i << 2)) << 2)
    const tile = yOf(v) / (TILE * LATTICE) * tilesAcross + xOf(v) / (TILE * LATTICE)
    store<i32>(tiles + (<usize>i << 2), tile)
    const start = starts + (<usize>tile << 2)
    store<i32>(start, load<i32>(start, 4) + 1, 4)
  }
  for (let tile = 1; tile <= tileCount; tile++) {
    const start = starts + (<usize>tile << 2)
    store<i32>(start, load<i32>(start) + load<i32>(start - 4))
  }
  for (let i: usize = 0; i < <usize>changedCount; i++) {
    const start = starts + (<usize>load<i32>(tiles + (i << 2)) << 2)
    const place = load<i32>(start)
    store<i32>(start, place + 1)
    store<i32>(order + (<usize>place << 2), load<i32>(changed + (i << 2)))
  }
  return order
}

/** Looks at one triangle for its distance alone. */
export function flushAlone(t: i32): void {
  gatherCorners(t, corners)
  scan(corners, 1, errors, places, f32.MAX_VALUE)
  store<i32>(triangle(t), load<i32>(places), CANDIDATE)
  const error = <f64>load<f32>(errors)
  const distance = error * pixelsPerDisparity
  put(t, error > ROUNDING && distance > floor ? distance : 0)
}
