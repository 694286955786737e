import { clamp, mix } from './numbers.js'
import type { Relief } from './relief.js'

/** A point of a limb's middle line, and the limb's radius there. Metres. */
export interface Joint {
  x: number
  y: number
  z: number
  r: number
}

/** A place on a limb: `across` −1..1 over its width, `along` in joints from the first, and the depth of its round front. */
export interface LimbSpot {
  across: number
  along: number
  z: number
  radius: number
}

/** Calls back with the pixels above the ground that a round limb through some joints covers; the spot is used again for the next. */
export function eachOnLimb(relief: Relief, joints: readonly Joint[], visit: (i: number, spot: LimbSpot) => void): void {
  const widest = joints.reduce((max, { r }) => Math.max(max, r), 0)
  const xs = joints.map(({ x }) => x)
  const ys = joints.map(({ y }) => y)
  const spot: LimbSpot = { across: 0, along: 0, z: 0, radius: 0 }
  relief.each(Math.min(...xs) - widest, Math.max(0, Math.min(...ys) - widest), Math.max(...xs) + widest, Math.max(...ys) + widest, (x, y, i) => {
    // The stretch that is nearest, measured in its own radius: along a bend the pixels between two stretches belong to one of them alone.
    let nearest = 1
    for (let k = 1; k < joints.length; k++) {
      const from = joints[k - 1]
      const to = joints[k]
      const dx = to.x - from.x
      const dy = to.y - from.y
      const length2 = dx * dx + dy * dy
      const share = length2 === 0 ? 0 : clamp(((x - from.x) * dx + (y - from.y) * dy) / length2, 0, 1)
      const ox = x - from.x - share * dx
      const oy = y - from.y - share * dy
      const radius = mix(from.r, to.r, share)
      const away = Math.sqrt(ox * ox + oy * oy) / radius
      if (away > nearest) continue
      nearest = away
      spot.across = ox * dy - oy * dx > 0 ? away : -away
      spot.along = k - 1 + share
      spot.z = mix(from.z, to.z, share) + radius * Math.sqrt(1 - away * away)
      spot.radius = radius
    }
    if (nearest < 1) visit(i, spot)
  })
}
