import { AdditiveBlending, BufferAttribute, BufferGeometry, Group, Mesh, MeshBasicMaterial, Points, Sprite, TorusGeometry, type Scene, type SpriteMaterial } from 'three'
import { RING_RADIUS, type Place, type Ring } from '../play/course.js'
import { glowPoints, glowSprite } from './glow.js'

/** Rings on screen at a time. */
export const RINGS = 7
const MOTES = 60
const DUST = 260
/** Half the box around the camera in which dust floats, metres. */
const DUST_REACH = 42
const SPARKS = 140

interface RingView {
  group: Group
  band: Mesh<TorusGeometry, MeshBasicMaterial>
  halo: Sprite & { material: SpriteMaterial }
  index: number
  /** Seconds since it was flown through. */
  since: number
}

export interface Lights {
  showRings(rings: readonly Ring[]): void
  passed(index: number): void
  showMotes(motes: readonly Place[]): void
  burst(at: Place, count: number, spread: number): void
  /** @param eye where the camera is */
  move(time: number, dt: number, eye: Place, next: number): void
}

/** All that shines: rings, the small lights between them, sparks, dust in the sun. A handful of draw calls. */
export function createLights(scene: Scene): Lights {
  const torus = new TorusGeometry(RING_RADIUS, 0.15, 8, 56)
  const rings: RingView[] = Array.from({ length: RINGS }, () => {
    const band = new Mesh(torus, new MeshBasicMaterial({ color: '#ffd9a0', transparent: true, blending: AdditiveBlending, depthWrite: false, fog: false }))
    const halo = new Sprite(glowSprite('#ff9a4d', 0.25)) as RingView['halo']
    halo.scale.setScalar(RING_RADIUS * 4.2)
    const group = new Group()
    group.add(band, halo)
    group.visible = false
    scene.add(group)
    return { group, band, halo, index: -1, since: -1 }
  })
  const motes = cloud(scene, MOTES, '#ffe2a8', 2.6, 0.95)
  const dust = cloud(scene, DUST, '#ffd2a0', 0.34, 0.5)
  const sparks = cloud(scene, SPARKS, '#ffca80', 1.3, 0.9)
  const flights = Array.from({ length: SPARKS }, () => ({ vx: 0, vy: 0, vz: 0, life: 0 }))
  let nextSpark = 0
  for (let i = 0; i < DUST * 3; i++) dust.positions[i] = (Math.random() * 2 - 1) * DUST_REACH

  return {
    showRings(wanted) {
      for (const view of rings) {
        // A ring that was flown through plays to its end.
        if (view.since >= 0) continue
        if (!wanted.some(({ index }) => index === view.index)) view.index = -1
      }
      for (const ring of wanted) {
        if (rings.some(({ index }) => index === ring.index)) continue
        const view = rings.find(({ index, since }) => index === -1 && since < 0)
        if (view === undefined) continue
        view.index = ring.index
        view.group.position.set(ring.x, ring.y, ring.z)
        view.group.scale.setScalar(1)
      }
    },
    passed(index) {
      for (const view of rings) if (view.index === index) view.since = 0
    },
    showMotes(places) {
      for (let i = 0; i < MOTES; i++) {
        const place = places[i]
        motes.positions.set(place === undefined ? [0, -1000, 0] : [place.x, place.y, place.z], i * 3)
      }
      motes.touch()
    },
    burst(at, count, spread) {
      for (let i = 0; i < count; i++) {
        const turn = Math.random() * Math.PI * 2
        const speed = spread * (0.4 + Math.random())
        sparks.positions.set([at.x + Math.cos(turn) * spread * 0.3, at.y + Math.sin(turn) * spread * 0.3, at.z], nextSpark * 3)
        flights[nextSpark] = { vx: Math.cos(turn) * speed, vy: Math.sin(turn) * speed, vz: -18 - Math.random() * 20, life: 0.5 + Math.random() * 0.6 }
        nextSpark = (nextSpark + 1) % SPARKS
      }
    },
    move(time, dt, eye, next) {
      for (const view of rings) {
        const { group, band, halo } = view
        group.visible = view.index >= 0
        if (view.since >= 0) {
          view.since += dt
          group.scale.setScalar(1 + view.since * 3.2)
          band.material.opacity = Math.max(0, 1 - view.since * 2.4)
          halo.material.opacity = Math.max(0, 0.7 - view.since * 2)
          if (view.since > 0.5) Object.assign(view, { since: -1, index: -1 })
          continue
        }
        const away = eye.z - group.position.z
        const isNext = view.index === next
        const near = Math.max(0, Math.min(1, (620 - away) / 260))
        band.material.color.set(isNext ? '#fff0c8' : '#ff9d5a')
        band.material.opacity = near * (isNext ? 1 : 0.7)
        halo.material.opacity = near * (isNext ? 0.34 + 0.1 * Math.sin(time * 5) : 0.16)
        band.rotation.z = time * 0.4
      }
      for (let i = 0; i < DUST; i++) {
        for (const [axis, centre] of [eye.x, eye.y, eye.z - DUST_REACH * 0.6].entries()) {
          const at = i * 3 + axis
          const off = dust.positions[at] - centre
          if (off > DUST_REACH) dust.positions[at] -= DUST_REACH * 2 * Math.ceil((off - DUST_REACH) / (2 * DUST_REACH))
          else if (off < -DUST_REACH) dust.positions[at] += DUST_REACH * 2 * Math.ceil((-off - DUST_REACH) / (2 * DUST_REACH))
        }
        dust.positions[i * 3] += dt * 0.9
        dust.positions[i * 3 + 1] += dt * 0.5 * Math.sin(time + i)
      }
      dust.touch()
      for (const [i, flight] of flights.entries()) {
        if (flight.life <= 0) continue
        flight.life -= dt
        if (flight.life <= 0) sparks.positions[i * 3 + 1] = -1000
        else {
          sparks.positions[i * 3] += flight.vx * dt
          sparks.positions[i * 3 + 1] += flight.vy * dt
          sparks.positions[i * 3 + 2] += flight.vz * dt
          flight.vy -= 6 * dt
        }
      }
      sparks.touch()
    },
  }
}

function cloud(scene: Scene, count: number, color: string, size: number, opacity: number) {
  const positions = new Float32Array(count * 3)
  for (let i = 0; i < count; i++) positions[i * 3 + 1] = -1000
  const geometry = new BufferGeometry()
  const attribute = new BufferAttribute(positions, 3)
  geometry.setAttribute('position', attribute)
  const points = new Points(geometry, glowPoints(color, size, opacity))
  points.frustumCulled = false
  scene.add(points)
  return { positions, touch: () => void (attribute.needsUpdate = true) }
}
