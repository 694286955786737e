import type { Valley } from './valley.js'

/** What the player wants: −1..1 to the right and up. */
export interface Steering {
  right: number
  up: number
  boost: boolean
}

/** The glider. Metres, seconds; it flies toward −Z. */
export interface Flight {
  x: number
  y: number
  z: number
  vx: number
  vy: number
  speed: number
  /** −1..1, for the eye: how it leans. */
  roll: number
  pitch: number
}

const CRUISE = 34
const BOOST = 26
/** Metres a second that each ring in a row adds. */
const CHAIN_SPEED = 1.6
const FASTEST_CHAIN = 8
const SIDEWAYS = 27
const UPWARD = 19
/** How fast a wish becomes motion, 1/s. */
const RESPONSE = 5
const CEILING = 34
/** From the middle of the valley, metres. */
const REACH = 46
const CLEARANCE = 1.3
/** Height over the ground below which the glider skims, metres. */
export const SKIM = 4.2

export function takeOff(valley: Valley): Flight {
  return { x: valley.middle(0), y: valley.height(valley.middle(0), 0) + 9, z: 0, vx: 0, vy: 0, speed: CRUISE, roll: 0, pitch: 0 }
}

/** Moves the glider by `dt` seconds; tells whether it struck the ground. */
export function fly(flight: Flight, steering: Steering, valley: Valley, chain: number, dt: number): { crashed: boolean; skimming: boolean } {
  const follow = 1 - Math.exp(-RESPONSE * dt)
  flight.vx += (steering.right * SIDEWAYS - flight.vx) * follow
  flight.vy += (steering.up * UPWARD - flight.vy) * follow
  const wanted = CRUISE + CHAIN_SPEED * Math.min(chain, FASTEST_CHAIN) + (steering.boost ? BOOST : 0)
  flight.speed += (wanted - flight.speed) * (1 - Math.exp(-1.8 * dt))
  flight.roll += (flight.vx / SIDEWAYS - flight.roll) * follow
  flight.pitch += (flight.vy / UPWARD - flight.pitch) * follow

  flight.x += flight.vx * dt
  flight.y += flight.vy * dt
  flight.z -= flight.speed * dt

  const middle = valley.middle(flight.z)
  const past = Math.abs(flight.x - middle) - REACH
  if (past > 0) {
    flight.x -= Math.sign(flight.x - middle) * past
    flight.vx *= 0.5
  }
  if (flight.y > CEILING) {
    flight.y = CEILING
    flight.vy = Math.min(0, flight.vy)
  }
  const floor = valley.height(flight.x, flight.z) + CLEARANCE
  const crashed = flight.y < floor && flight.vy - slope(flight, valley) < -7
  if (flight.y < floor) {
    flight.y = floor
    flight.vy = crashed ? 11 : Math.max(2, flight.vy)
    if (crashed) flight.speed *= 0.55
  }
  return { crashed, skimming: flight.y - floor + CLEARANCE < SKIM }
}

/** How fast the ground rises under the glider, m/s. */
function slope({ x, z, speed }: Flight, valley: Valley): number {
  return (valley.height(x, z - 2) - valley.height(x, z)) / 2 * Math.min(speed, CRUISE)
}
