import { AdditiveBlending, BufferAttribute, BufferGeometry, Color, DoubleSide, Group, Mesh, MeshBasicMaterial, Sprite, Vector3 } from 'three'
import type { Flight } from '../play/flight.js'
import { glowSprite } from './glow.js'

/** Points of a wing-tip trail, and seconds that it lasts. */
const TRAIL = 42
const TRAIL_SECONDS = 0.75

const PAPER = { lit: '#fff4e0', half: '#f3c79a', shade: '#c98a72', dark: '#8a5a62', edge: '#ff8a4a' }

export interface Glider {
  object: Group
  /** @param glow 0..1, how much light it carries */
  pose(flight: Flight, time: number, boosting: boolean, glow: number): void
  /** Forgets its trails, as after a jump. */
  reset(flight: Flight): void
}

/** A folded-paper kite with two ribbons of light. */
export function createGlider(): Glider {
  const object = new Group()
  const wings = [wing(-1), wing(1)]
  const light = new Sprite(glowSprite('#ffb868', 0.6))
  light.scale.setScalar(2.2)
  light.position.set(0, 0.05, 0.2)
  const body = new Group()
  body.add(...wings, hull(), light)
  const trails = [trail(), trail()]
  object.add(body, ...trails.map(({ mesh }) => mesh))
  const tip = new Vector3()

  return {
    object,
    reset(flight) {
      body.position.set(flight.x, flight.y, flight.z)
      for (const { clear } of trails) clear()
    },
    pose(flight, time, boosting, glow) {
      body.position.set(flight.x, flight.y, flight.z)
      body.rotation.set(flight.pitch * 0.42, -flight.roll * 0.22, -flight.roll * 0.62, 'YXZ')
      const flex = Math.sin(time * 2.1) * 0.05 + (boosting ? -0.12 : 0.04) + Math.abs(flight.roll) * 0.08
      wings[0].rotation.z = -flex
      wings[1].rotation.z = flex
      light.material.opacity = 0.35 + 0.5 * glow
      light.scale.setScalar(1.8 + 1.4 * glow)
      body.updateWorldMatrix(true, true)
      for (const [side, { extend }] of trails.entries()) {
        tip.set(side === 0 ? -1.72 : 1.72, 0.2, 0.95).applyMatrix4(wings[side].matrixWorld)
        extend(tip, time, boosting ? 0.9 : 0.3)
      }
    },
  }
}

function faceted(points: readonly (readonly [number, number, number])[], faces: readonly (readonly [number, number, number, string])[]): Mesh {
  const positions: number[] = []
  const colors: number[] = []
  for (const [a, b, c, tone] of faces) {
    const { r, g, b: blue } = new Color(tone)
    for (const corner of [a, b, c]) {
      positions.push(...points[corner])
      colors.push(r, g, blue)
    }
  }
  const geometry = new BufferGeometry()
  geometry.setAttribute('position', new BufferAttribute(new Float32Array(positions), 3))
  geometry.setAttribute('color', new BufferAttribute(new Float32Array(colors), 3))
  return new Mesh(geometry, new MeshBasicMaterial({ vertexColors: true, side: DoubleSide, fog: false }))
}

/** The left wing faces the sun, the right one turns away from it. */
function wing(side: -1 | 1): Mesh {
  const points = [
    [0, 0.12, -1.5],
    [0, 0.14, 0.9],
    [side * 1.75, 0.22, 0.95],
    [side * 0.75, 0.16, 0.55],
    [side * 1.1, 0.2, 1.2],
    [side * 0.5, 0.24, -0.4],
  ] as const
  const tones = side < 0 ? [PAPER.lit, PAPER.half, PAPER.lit, PAPER.edge] : [PAPER.half, PAPER.shade, PAPER.shade, PAPER.dark]
  return faceted(points, [[0, 1, 5, tones[0]], [5, 1, 3, tones[1]], [0, 5, 2, tones[2]], [5, 3, 2, tones[1]], [3, 4, 2, tones[3]]])
}

function hull(): Mesh {
  const points = [[0, 0.12, -1.7], [0, 0.14, 1], [0, -0.34, 0.5], [-0.16, 0.13, 0.5], [0.16, 0.13, 0.5], [0, 0.62, 1.25], [0, 0.14, 0.45]] as const
  return faceted(points, [[0, 3, 2, PAPER.half], [0, 2, 4, PAPER.dark], [3, 1, 2, PAPER.shade], [1, 4, 2, PAPER.dark], [6, 1, 5, PAPER.edge]])
}

function trail() {
  const positions = new Float32Array(TRAIL * 2 * 3)
  const colors = new Float32Array(TRAIL * 2 * 3)
  const geometry = new BufferGeometry()
  geometry.setAttribute('position', new BufferAttribute(positions, 3))
  geometry.setAttribute('color', new BufferAttribute(colors, 3))
  geometry.setIndex(Array.from({ length: TRAIL - 1 }, (_, i) => [i * 2, i * 2 + 1, i * 2 + 2, i * 2 + 1, i * 2 + 3, i * 2 + 2]).flat())
  const mesh = new Mesh(geometry, new MeshBasicMaterial({ vertexColors: true, side: DoubleSide, transparent: true, blending: AdditiveBlending, depthWrite: false, fog: false }))
  mesh.frustumCulled = false
  let past: { x: number; y: number; z: number; time: number; strength: number }[] = []

  return {
    mesh,
    clear: () => void (past = []),
    extend({ x, y, z }: Vector3, time: number, strength: number): void {
      past.unshift({ x, y, z, time, strength })
      past = past.filter((point) => time - point.time < TRAIL_SECONDS)
      for (let i = 0; i < TRAIL; i++) {
        // Points are spread over the trail's life, however many frames that was.
        const point = past[Math.min(past.length - 1, Math.round((i * (past.length - 1)) / (TRAIL - 1)))]
        const fade = (1 - (time - point.time) / TRAIL_SECONDS) ** 2 * point.strength
        const half = 0.04 * fade + 0.008
        positions.set([point.x - half, point.y, point.z, point.x + half, point.y + half, point.z], i * 6)
        for (let k = 0; k < 2; k++) colors.set([fade, fade * 0.72, fade * 0.42], i * 6 + k * 3)
      }
      geometry.attributes.position.needsUpdate = true
      geometry.attributes.color.needsUpdate = true
    },
  }
}
