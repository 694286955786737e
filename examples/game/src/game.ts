import { asset as canyonAsset } from './art/canyon.depth.png'
import { motesBefore, ringAt, RING_RADIUS, type Place, type Ring } from './play/course.js'
import { fly, takeOff, type Flight, type Steering } from './play/flight.js'
import { listen } from './play/input.js'
import { after, DAYLIGHT, multiplier, newRun, passing, type Event, type Run } from './play/rules.js'
import type { Hud, Phase } from './ui/hud.js'
import { createSound } from './ui/sound.js'
import { createBackdrop, type Backdrop } from './world/backdrop.js'
import { createGlider } from './world/glider.js'
import { createGround, type Ground } from './world/ground.js'
import { fillLevels, showWires } from './world/inspect.js'
import { createLights, RINGS } from './world/lights.js'
import { createProps, type Props } from './world/props.js'
import { Stage } from './world/stage.js'
import { setDusk } from './world/weather.js'

/** The rules move in steps of this, seconds, however fast frames come… */
const STEP = 1 / 60
/** …and a frame that took longer than this is not caught up with. */
const LONGEST_FRAME = 0.25
const MOTE_REACH = 3.4
const CRYSTAL_REACH = 7.5
/** Share of the daylight from which dusk falls. */
const DUSK_FROM = 0.45
const BEST = 'last-light-best'
/** `#late` in the address: a short flight, for a quick look and for tests. Seconds of light. */
const LIGHT = location.hash.includes('late') ? 14 : DAYLIGHT

/** What tests and the curious may look at: copies of the state, and no way to change it. */
export interface GameView {
  phase: Phase
  score: number
  chain: number
  rings: number
  light: number
  x: number
  y: number
  z: number
  /** To the middle of the next ring, metres. */
  next: { right: number; up: number; ahead: number }
  frames: number
  fps: number
  wireframe: boolean
  levels: Record<string, number>
}

declare global {
  interface Window {
    __game: { state(): GameView }
  }
}

export class Game {
  #phase: Phase = 'loading'
  #run: Run = newRun()
  #flight: Flight
  #seed = 1
  #nextRing = 0
  #rings: Ring[] = []
  #motes: (Place & { ring: number; order: number })[] = []
  /** Of the ground that rings and motes hang over. */
  #surveys = 0
  #taken = new Set<number>()
  #best = Number(localStorage.getItem(BEST) ?? 0)
  #called = ''
  #time = 0
  #owed = 0
  #last = 0
  #frames = 0
  #fps = 60
  #shownCost = 0
  #figures = false
  #wireframe = false
  /** A level for all, or each picks its own. */
  #forced: number | null = null
  #dusk = 0
  readonly #hud: Hud
  readonly #stage: Stage
  readonly #backdrop: Backdrop
  readonly #ground: Ground
  readonly #props: Props
  readonly #lights: ReturnType<typeof createLights>
  readonly #glider = createGlider()
  readonly #sound = createSound()
  readonly #steering: () => Steering

  /** Opens with the coarsest levels of what fills the picture; all else appears as it comes. */
  static async open(hud: Hud): Promise<Game> {
    const stage = new Stage(hud.canvas)
    const [backdrop, ground] = await Promise.all([createBackdrop(stage.renderer), createGround(stage.scene)])
    return new Game(hud, stage, backdrop, ground, createProps(stage.scene, ground.valley))
  }

  private constructor(hud: Hud, stage: Stage, backdrop: Backdrop, ground: Ground, props: Props) {
    this.#hud = hud
    this.#stage = stage
    this.#backdrop = backdrop
    this.#ground = ground
    this.#props = props
    this.#lights = createLights(stage.scene)
    stage.scene.add(this.#glider.object)
    this.#flight = takeOff(ground.valley)
    this.#steering = listen(hud.canvas, (code) => this.#pressed(code))
    for (const button of [hud.start, hud.again]) {
      button.addEventListener('click', () => {
        button.blur()
        this.#start()
      })
    }
    window.__game = { state: () => this.#view() }
  }

  begin(): void {
    this.#phase = 'title'
    this.#hud.phase('title')
    this.#layOut()
    this.#stage.place(this.#flight)
    this.#stage.renderer.setAnimationLoop((now) => this.#frame(now))
  }

  #start(): void {
    if (this.#phase === 'playing' || this.#phase === 'loading') return
    this.#sound.wake()
    this.#seed++
    this.#run = newRun(LIGHT)
    this.#flight = takeOff(this.#ground.valley)
    this.#glider.reset(this.#flight)
    this.#stage.place(this.#flight)
    this.#layOut()
    this.#phase = 'playing'
    this.#called = ''
    this.#hud.phase('playing')
    this.#hud.run(this.#run)
    this.#hud.call('follow the light')
  }

  #finish(): void {
    this.#phase = 'over'
    this.#best = Math.max(this.#best, this.#run.score)
    localStorage.setItem(BEST, String(Math.round(this.#best)))
    this.#sound.end()
    this.#hud.end(this.#run, this.#best)
    this.#hud.phase('over')
  }

  /** Hangs the first rings. */
  #layOut(): void {
    this.#nextRing = 0
    this.#taken.clear()
    this.#rings = []
    this.#motes = []
    for (let i = 0; i < RINGS; i++) this.#hang(i)
    this.#show()
  }

  #hang(index: number): void {
    const { valley } = this.#ground
    const ring = ringAt(index, this.#seed, valley)
    this.#rings.push(ring)
    this.#motes.push(...motesBefore(ring, this.#seed, valley).map((mote, order) => ({ ...mote, ring: index, order })))
  }

  /** The ground is known better by now: hangs what is left of rings and motes over it. */
  #hangAnew(): void {
    this.#surveys = this.#ground.valley.surveys
    const left = new Set(this.#motes.map(({ ring, order }) => `${ring} ${order}`))
    const rings = this.#rings
    this.#rings = []
    this.#motes = []
    for (const { index } of rings) this.#hang(index)
    this.#motes = this.#motes.filter(({ ring, order }) => left.has(`${ring} ${order}`))
    this.#show()
  }

  #show(): void {
    this.#lights.showRings(this.#rings)
    this.#lights.showMotes(this.#motes)
  }

  #frame(now: number): void {
    const dt = Math.min(LONGEST_FRAME, Math.max(0, (now - this.#last) / 1000))
    this.#last = now
    this.#frames++
    // (Before it is drawn: another size empties the picture.)
    this.#measure(dt)
    if (this.#ground.valley.surveys !== this.#surveys) this.#hangAnew()
    this.#owed += dt
    const steering = this.#phase === 'playing' ? this.#steering() : this.#autopilot()
    const boosting = steering.boost && this.#run.boost > 0.01 && this.#phase === 'playing'
    while (this.#owed >= STEP) {
      this.#owed -= STEP
      this.#step({ ...steering, boost: boosting })
    }

    const light = this.#phase === 'title' ? 1 : this.#run.light / DAYLIGHT
    const dusk = this.#phase === 'over' ? 1 : Math.max(0, 1 - light / DUSK_FROM) * 0.85
    this.#dusk += (dusk - this.#dusk) * (1 - Math.exp(-1.5 * dt))
    setDusk(this.#dusk)

    const { camera } = this.#stage
    const choose = this.#forced === null
    this.#stage.chase(this.#flight, dt, this.#time, boosting)
    this.#glider.pose(this.#flight, this.#time, boosting, Math.min(1, this.#run.chain / 8))
    this.#lights.move(this.#time, dt, camera.position, this.#nextRing)
    this.#ground.follow(camera.position.z, camera, choose)
    this.#props.follow(camera.position.z, camera, choose)
    this.#backdrop.follow(camera, this.#ground.valley.middle(this.#flight.z), 1 - Math.min(1, light))
    if (choose) this.#backdrop.background.update(this.#backdrop.camera)
    this.#stage.draw(this.#backdrop)
    this.#sound.wind(this.#phase === 'playing' ? Math.min(1, (this.#flight.speed - 25) / 50) : 0)
    if (this.#phase === 'playing') this.#hud.run(this.#run)
  }

  #step(steering: Steering): void {
    this.#time += STEP
    const before = this.#flight.z
    const { crashed, skimming } = fly(this.#flight, steering, this.#ground.valley, this.#phase === 'playing' ? this.#run.chain : 0, STEP)
    const playing = this.#phase === 'playing'
    if (playing) {
      this.#run = passing(this.#run, STEP, { skimming, boosting: steering.boost })
      if (crashed) this.#happened('crash', this.#flight)
      if (skimming && Math.random() < 0.3) this.#lights.burst({ x: this.#flight.x, y: this.#flight.y - 1, z: this.#flight.z }, 1, 2)
    }
    this.#collect(before, playing)
    if (playing && this.#run.light <= 0) this.#finish()
  }

  #collect(before: number, playing: boolean): void {
    const { x, y, z } = this.#flight
    const ring = this.#rings[0]
    if (ring !== undefined && before > ring.z && z <= ring.z) {
      const through = Math.hypot(x - ring.x, y - ring.y) < RING_RADIUS + 0.6
      if (through) this.#lights.passed(ring.index)
      if (playing) this.#happened(through ? 'ring' : 'miss', ring)
      this.#rings.shift()
      this.#motes = this.#motes.filter((mote) => mote.ring > ring.index)
      this.#nextRing = ring.index + 1
      this.#hang(ring.index + RINGS)
      this.#show()
    }
    const near = this.#motes.filter((mote) => Math.hypot(mote.x - x, mote.y - y, mote.z - z) < MOTE_REACH)
    if (near.length > 0) {
      this.#motes = this.#motes.filter((mote) => !near.includes(mote))
      this.#lights.showMotes(this.#motes)
      for (const mote of near) if (playing) this.#happened('mote', mote)
    }
    if (!playing) return
    for (const crystal of this.#props.crystals) {
      if (this.#taken.has(crystal.serial) || Math.hypot(crystal.x - x, crystal.y + 2 - y, crystal.z - z) > CRYSTAL_REACH) continue
      this.#taken.add(crystal.serial)
      this.#happened('crystal', crystal)
    }
  }

  #happened(event: Event, at: Place): void {
    const previous = this.#run
    this.#run = after(previous, event)
    switch (event) {
      case 'ring':
        this.#sound.ring(this.#run.chain)
        this.#lights.burst(at, 26, 9)
        this.#hud.flash('#ffd9a0', 0.5)
        this.#hud.bump()
        if (multiplier(this.#run) > multiplier(previous) && [3, 5, 8].includes(multiplier(this.#run))) this.#hud.call(`× ${multiplier(this.#run)}`)
        break
      case 'miss':
        if (previous.chain > 1) this.#hud.call('chain lost')
        this.#sound.miss()
        break
      case 'mote':
        this.#sound.mote()
        this.#lights.burst(at, 4, 4)
        break
      case 'crystal':
        this.#sound.crystal()
        this.#lights.burst({ x: at.x, y: at.y + 3, z: at.z }, 30, 7)
        this.#hud.flash('#7de8dd', 0.45)
        break
      case 'crash':
        this.#sound.crash()
        this.#stage.shake(1)
        this.#hud.flash('#ff5a3c', 0.6)
        this.#lights.burst(at, 30, 8)
        break
    }
    if (this.#run.light < 10 && this.#called !== 'late' && event !== 'crash') {
      this.#called = 'late'
      this.#hud.call('last light')
    }
  }

  /** Flies through the rings by itself behind the title. */
  #autopilot(): Steering {
    const { right, up } = this.#toNext()
    return { right: Math.max(-0.7, Math.min(0.7, right / 14)), up: Math.max(-0.7, Math.min(0.7, up / 10)), boost: false }
  }

  #toNext(): { right: number; up: number; ahead: number } {
    const ring = this.#rings[0]
    return { right: ring.x - this.#flight.x, up: ring.y - this.#flight.y, ahead: this.#flight.z - ring.z }
  }

  #pressed(code: string): void {
    if ((code === 'Enter' || code === 'Space') && this.#phase !== 'playing') this.#start()
    if (code === 'KeyM') this.#hud.call(this.#sound.toggle() ? 'silence' : 'sound')
    if (code === 'KeyF') {
      this.#figures = !this.#figures
      this.#hud.figures(this.#figures)
      this.#tell()
    }
    if (code === 'KeyX') {
      this.#wireframe = !this.#wireframe
      showWires(this.#wireframe)
      this.#hud.inspecting(this.#wireframe)
      this.#tell()
    }
    if (code === 'KeyL') this.#force()
  }

  /** By error on screen → level 0 → … → by error on screen. */
  #force(): void {
    const coarsest = canyonAsset.lods.length - 1
    this.#forced = this.#forced === null ? 0 : this.#forced === coarsest ? null : this.#forced + 1
    const level = this.#forced
    this.#hud.call(level === null ? 'levels: auto' : `level ${level}`)
    if (level === null) return
    for (const { background } of this.#backgrounds()) background.show(level).catch(reportError)
  }

  #backgrounds() {
    return [
      { name: 'canyon', background: this.#backdrop.background },
      ...this.#ground.tiles.map((background, i) => ({ name: `valley ${i + 1}`, background })),
      ...this.#props.kinds,
    ]
  }

  #measure(dt: number): void {
    if (dt > 0) this.#fps += (1 / dt - this.#fps) * Math.min(1, dt * 2)
    this.#stage.adapt(this.#fps, dt)
    if (this.#time - this.#shownCost < 0.25 && this.#shownCost <= this.#time) return
    this.#shownCost = this.#time
    this.#tell()
  }

  #tell(): void {
    if (this.#figures) this.#hud.cost({ fps: this.#fps, ...this.#stage.cost(this.#backdrop) })
    if (this.#wireframe) fillLevels(this.#hud.levels, this.#backgrounds(), this.#forced)
  }

  #view(): GameView {
    const { score, chain, rings, light } = this.#run
    const { x, y, z } = this.#flight
    return {
      phase: this.#phase,
      score: Math.round(score),
      chain,
      rings,
      light,
      x,
      y,
      z,
      next: this.#toNext(),
      frames: this.#frames,
      fps: this.#fps,
      wireframe: this.#wireframe,
      levels: Object.fromEntries(this.#backgrounds().map(({ name, background }) => [name, background.level])),
    }
  }
}
