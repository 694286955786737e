import { type BufferAttribute, Mesh, PlaneGeometry } from 'three'
import { describe, expect, it } from 'vitest'
import { betweenRings, motesBefore, ringAt, RING_RADIUS } from '../../examples/game/src/play/course.js'
import { fly, takeOff } from '../../examples/game/src/play/flight.js'
import { Valley } from '../../examples/game/src/play/valley.js'

/** A ground of 80 × 120 m from a formula that repeats along z. */
function valleyOf(height: (x: number, z: number) => number): Valley {
  const geometry = new PlaneGeometry(80, 120, 80, 120).rotateX(-Math.PI / 2)
  const position = geometry.attributes.position as BufferAttribute
  for (let i = 0; i < position.count; i++) position.setY(i, height(position.getX(i), position.getZ(i)))
  const valley = new Valley(80, 120)
  const mesh = new Mesh(geometry)
  mesh.updateMatrixWorld()
  valley.survey(mesh)
  return valley
}

const turn = (2 * Math.PI) / 120
/** A trough whose middle swings 10 m to either side. */
const trough = valleyOf((x, z) => 0.02 * (x - 10 * Math.sin(z * turn)) ** 2)

describe('the valley that is flown through', () => {
  it('has the height of the mesh that is drawn', () => {
    const plane = valleyOf((x) => 10 + 0.25 * x)
    for (const x of [-30, -3.3, 0, 17]) expect(plane.height(x, 5)).toBeCloseTo(10 + 0.25 * x, 4)
  })

  it('repeats along the way, ahead and behind', () => {
    for (const z of [-50, 0, 31]) {
      expect(trough.height(4, z - 120 * 7)).toBeCloseTo(trough.height(4, z), 4)
      expect(trough.height(4, z + 120)).toBeCloseTo(trough.height(4, z), 4)
    }
  })

  it('finds its own middle', () => {
    for (const z of [-45, -20, 10, 30]) expect(Math.abs(trough.middle(z) - 10 * Math.sin(z * turn))).toBeLessThan(2.5)
  })

  it('hangs every ring and every mote above the ground, the same for the same seed', () => {
    for (let index = 0; index < 60; index++) {
      const ring = ringAt(index, 5, trough)
      expect(ring).toEqual(ringAt(index, 5, trough))
      expect(ring.y).toBeGreaterThan(trough.height(ring.x, ring.z) + RING_RADIUS)
      for (const mote of motesBefore(ring, 5, trough)) expect(mote.y).toBeGreaterThan(trough.height(mote.x, mote.z) + 2)
    }
  })
})

describe('what stands across the way', () => {
  it('stands half-way between two rings, as near as can be to where it was put', () => {
    const [first, second, third] = [0, 1, 2].map((index) => ringAt(index, 5, trough).z)
    expect(betweenRings(first - 1)).toBe((first + second) / 2)
    expect(betweenRings(second + 1)).toBe((first + second) / 2)
    expect(betweenRings(second - 1)).toBe((second + third) / 2)
  })
})

describe('the glider', () => {
  const still = { right: 0, up: 0, boost: false }

  it('never leaves the valley and never goes below the ground, whatever is steered', () => {
    const flight = takeOff(trough)
    for (let i = 0; i < 4000; i++) {
      fly(flight, { right: Math.sin(i / 90) * 2, up: Math.cos(i / 70) * 2, boost: i % 300 < 100 }, trough, i % 9, 1 / 60)
      expect(flight.y).toBeGreaterThan(trough.height(flight.x, flight.z))
      expect(Math.abs(flight.x - trough.middle(flight.z))).toBeLessThan(48)
    }
  })

  it('crashes when it dives into the ground, and climbs away from it', () => {
    const flight = takeOff(trough)
    const crashes = Array.from({ length: 240 }, () => fly(flight, { ...still, up: -1 }, trough, 0, 1 / 60)).filter(({ crashed }) => crashed)
    expect(crashes.length).toBeGreaterThan(0)
  })

  it('flies faster while it boosts', () => {
    const slow = takeOff(trough)
    const fast = takeOff(trough)
    for (let i = 0; i < 120; i++) {
      fly(slow, still, trough, 0, 1 / 60)
      fly(fast, { ...still, boost: true }, trough, 0, 1 / 60)
    }
    expect(fast.z).toBeLessThan(slow.z - 20)
  })
})
