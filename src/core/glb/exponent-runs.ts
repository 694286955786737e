import { MANTISSA_LIMIT } from './exponential.js'

/** meshopt's vertex codec packs deltas in groups of this many vertices. */
const GROUP = 16
/** Byte planes of a stored number. */
const PLANES = 4
/** From these zigzag deltas on a byte no longer fits into 2 or 4 bits, and costs 8 more. */
const TOO_LARGE_FOR_2 = 3
const TOO_LARGE_FOR_4 = 15
/** An exponent is a signed byte. */
const LARGEST_EXPONENT = 127

/** What a group may be stored as. */
interface Candidate {
  values: Int32Array
  /** Per byte plane, without the first vertex: whether any delta is not 0, and how many are too large for 2 and for 4 bits. */
  counts: Int32Array
}

/** A way to store everything up to a group. */
interface Path {
  bits: number
  values: Int32Array
  before: Path | null
}

/**
 * Stores the same numbers with fewer changes of exponent: m · 2^e is also 2m · 2^(e−1). meshopt stores differences from vertex to vertex, byte by byte, and
 * where the exponent changes all bytes of the number do. For each group of 16 vertices one exponent is chosen that all of them can have, or each
 * keeps its own, whichever is smaller in sum over the whole column (Viterbi, with the codec's own costs).
 *
 * 100k triangles of a 1024 px photo: positions 3.93 bytes a vertex instead of 4.28, together with steps of x and y that grow with depth, which without
 * this cost as much as they save.
 *
 * @param encoded exponent << 24 | mantissa, `components` a vertex; changed in place, the numbers stay the same.
 */
export function alignExponents(encoded: Int32Array, components: number): void {
  for (let component = 0; component < components; component++) {
    const column = Int32Array.from({ length: encoded.length / components }, (_, i) => encoded[i * components + component])
    alignColumn(column)
    for (let i = 0; i < column.length; i++) encoded[i * components + component] = column[i]
  }
}

function alignColumn(column: Int32Array): void {
  let [lowest, highest] = [LARGEST_EXPONENT, -LARGEST_EXPONENT]
  for (const value of column) {
    lowest = Math.min(lowest, value >> 24)
    highest = Math.max(highest, value >> 24)
  }
  if (lowest >= highest) return
  let paths: Path[] = [{ bits: 0, values: column.subarray(0, 1), before: null }]
  for (let start = 0; start < column.length; start += GROUP) {
    const own = column.slice(start, start + GROUP)
    const candidates = [candidate(own)]
    for (let exponent = lowest; exponent <= highest; exponent++) {
      const values = underExponent(own, exponent)
      if (values) candidates.push(candidate(values))
    }
    paths = candidates.map((each) => cheapest(paths, each))
  }
  let path: Path | null = paths.reduce((best, each) => (each.bits < best.bits ? each : best))
  for (let start = Math.floor((column.length - 1) / GROUP) * GROUP; path !== null && start >= 0; start -= GROUP) {
    column.set(path.values, start)
    path = path.before
  }
}

/** The numbers of a group under one exponent; `null` where one of them has bits below it, or too many above. */
function underExponent(group: Int32Array, exponent: number): Int32Array | null {
  const values = new Int32Array(group.length)
  for (let i = 0; i < group.length; i++) {
    const mantissa = (group[i] << 8) >> 8
    const moved = mantissa * 2 ** ((group[i] >> 24) - exponent)
    if (!Number.isInteger(moved) || Math.abs(moved) > MANTISSA_LIMIT) return null
    values[i] = (exponent << 24) | (moved & 0xff_ff_ff)
  }
  return values
}

function candidate(values: Int32Array): Candidate {
  const counts = new Int32Array(PLANES * 3)
  for (let plane = 0; plane < PLANES; plane++) {
    for (let i = 1; i < values.length; i++) {
      const delta = zigzag(values[i], values[i - 1], plane)
      counts[plane * 3] |= delta
      if (delta >= TOO_LARGE_FOR_2) counts[plane * 3 + 1]++
      if (delta >= TOO_LARGE_FOR_4) counts[plane * 3 + 2]++
    }
  }
  return { values, counts }
}

/** The cheapest way to a candidate: what comes before it matters to its first vertex alone. */
function cheapest(paths: readonly Path[], { values, counts }: Candidate): Path {
  let best: Path = { bits: Infinity, values, before: null }
  for (const before of paths) {
    const last = before.values[before.values.length - 1]
    let { bits } = before
    for (let plane = 0; plane < PLANES; plane++) {
      const delta = zigzag(values[0], last, plane)
      if ((counts[plane * 3] | delta) === 0) continue
      const in2 = 2 * GROUP + 8 * (counts[plane * 3 + 1] + (delta >= TOO_LARGE_FOR_2 ? 1 : 0))
      const in4 = 4 * GROUP + 8 * (counts[plane * 3 + 2] + (delta >= TOO_LARGE_FOR_4 ? 1 : 0))
      bits += Math.min(in2, in4, 8 * GROUP)
    }
    if (bits < best.bits) best = { bits, values, before }
  }
  return best
}

/** The difference of one byte of two numbers as meshopt stores it: 0, −1, 1, −2, … as 0, 1, 2, 3, … */
function zigzag(value: number, before: number, plane: number): number {
  const delta = ((((value >>> (8 * plane)) - (before >>> (8 * plane))) & 0xff) << 24) >> 24
  return delta < 0 ? -2 * delta - 1 : 2 * delta
}
