import type { DepthRaster } from '../decode.js'
import { findStripe } from '../stripe.js'
import type { PreflightCheck } from './check.js'

/** Rows that are compared … */
const ROWS = 64
/** … and the share of their pixels that is the same in both halves, mirrored, from which on the stripe is part of what is shown: a pillar in the middle of a wall. */
const SYMMETRIC = 0.5
/** Levels that differ by no more than this are the same. */
const SAME = 2 / 255

/** A black-and-white picture and its map in one file, which is gray all over. (In colour decoding refuses it.) */
export function checkSideBySide({ width, height, samples, format }: DepthRaster): PreflightCheck[] {
  const stripe = format === 'unorm' ? findStripe(width, height, (i) => samples[i] === 1) : null
  if (stripe === null || isSymmetric(samples, width, height, stripe.from)) return []
  const { from, to } = stripe
  return [
    {
      id: 'side-by-side',
      severity: 'warning',
      value: to - from,
      found: `a white stripe of ${to - from} px from top to bottom, exactly in the middle`,
      why: 'Estimators save a picture beside its map like this, to be looked at. All of it would become one surface.',
      advice: `Save the map alone (--pred-only in Depth Anything’s run.py), or cut it out: it is ${width - to} × ${height} pixels from x = ${to} on.`,
    },
  ]
}

/** Whether left and right of the middle are the same, mirrored. */
function isSymmetric(samples: Float32Array, width: number, height: number, half: number): boolean {
  const step = Math.max(1, Math.floor(height / ROWS))
  let same = 0
  let seen = 0
  for (let y = 0; y < height; y += step) {
    for (let x = 0; x < half; x++) {
      seen++
      if (Math.abs(samples[y * width + x] - samples[y * width + width - 1 - x]) <= SAME) same++
    }
  }
  return same > SYMMETRIC * seen
}
