// Triangles by their error, in buckets: the worst are found without looking at the others.

import { AFTER, BEFORE, ERROR, lists, triangle, triangleCount } from './surface'

/** Buckets by the topmost bits of the error: 3 of its mantissa, eight buckets a doubling. */
const BUCKET_SHIFT = 20
const BUCKETS = 1 << (32 - BUCKET_SHIFT - 1)

/** The first triangle of each bucket, −1: none. */
const heads = memory.data(4 * 2048, 16)
let top: i32 = 0

export function clearQueue(): void {
  memory.fill(heads, 0xff, BUCKETS << 2)
  top = 0
}

// @ts-ignore: decorator
@inline
function headOf(bucket: i32): usize {
  return heads + (<usize>bucket << 2)
}

/** Gives triangle `t` its error; 0 takes it out. */
export function put(t: i32, value: f64): void {
  const at = triangle(t)
  if (load<f32>(at, ERROR) > 0) {
    const after = load<i32>(at, AFTER)
    const before = load<i32>(at, BEFORE)
    if (before < 0) store<i32>(headOf(load<u32>(at, ERROR) >>> BUCKET_SHIFT), after)
    else store<i32>(triangle(before), after, AFTER)
    if (after >= 0) store<i32>(triangle(after), before, BEFORE)
  }
  store<f32>(at, <f32>value, ERROR)
  if (!(<f32>value > 0)) return
  const bucket = <i32>(load<u32>(at, ERROR) >>> BUCKET_SHIFT)
  const first = load<i32>(headOf(bucket))
  store<i32>(at, -1, BEFORE)
  store<i32>(at, first, AFTER)
  if (first >= 0) store<i32>(triangle(first), t, BEFORE)
  store<i32>(headOf(bucket), t)
  if (bucket > top) top = bucket
}

/** The largest error. */
export function largest(): f64 {
  while (top > 0 && load<i32>(headOf(top)) < 0) top--
  let most: f32 = 0
  for (let t = load<i32>(headOf(top)); t >= 0; t = load<i32>(triangle(t), AFTER)) most = max(most, load<f32>(triangle(t), ERROR))
  return most
}

/**
 * Lists the `most` worst of the triangles that err more than `above`, worst first, of equals the lower number. Gives how many; their keys are u64s at `lists`,
 * each with the triangle's number in its lower half.
 */
export function collect(above: f64, most: i32): i32 {
  let count = 0
  const lowest = <i32>(reinterpret<u32>(<f32>above) >>> BUCKET_SHIFT)
  for (let bucket = top; bucket >= lowest && count < most; bucket--) {
    for (let t = load<i32>(headOf(bucket)); t >= 0; t = load<i32>(triangle(t), AFTER)) {
      const at = triangle(t)
      if (<f64>load<f32>(at, ERROR) <= above) continue
      store<u64>(lists + (<usize>count << 3), (<u64>(0x80000000 - load<u32>(at, ERROR)) << 32) | <u64>t)
      count++
    }
  }
  sort(count)
  return min(count, most)
}

/** For each byte value how many keys have it, then where those go. */
const counts = memory.data(4 * 256, 16)

/** Sorts the keys at `lists`, a byte at a time from the lowest; bytes that all keys share are passed over. */
function sort(count: i32): void {
  let differing: u64 = 0
  const end = <usize>count << 3
  for (let i: usize = 8; i < end; i += 8) differing |= load<u64>(lists) ^ load<u64>(lists + i)
  let source = lists
  let target = lists + (<usize>triangleCount << 3)
  for (let shift: u64 = 0; shift < 64; shift += 8) {
    if (((differing >> shift) & 255) == 0) continue
    memory.fill(counts, 0, 1024)
    for (let i: usize = 0; i < end; i += 8) {
      const digit = counts + (<usize>((load<u64>(source + i) >> shift) & 255) << 2)
      store<i32>(digit, load<i32>(digit) + 1)
    }
    let sum = 0
    for (let digit = counts; digit < counts + 1024; digit += 4) {
      const own = load<i32>(digit)
      store<i32>(digit, sum)
      sum += own
    }
    for (let i: usize = 0; i < end; i += 8) {
      const key = load<u64>(source + i)
      const digit = counts + (<usize>((key >> shift) & 255) << 2)
      const place = load<i32>(digit)
      store<i32>(digit, place + 1)
      store<u64>(target + (<usize>place << 3), key)
    }
    const swap = source
    source = target
    target = swap
  }
  if (source != lists) memory.copy(lists, source, end)
}
