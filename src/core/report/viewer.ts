import type { ViewData } from './view-data.js'
import { takeOrders } from './viewer/controls.js'
import { createOrbit } from './viewer/orbit.js'
import { createScene, type LoadedLevel } from './viewer/scene.js'
import { unpackLayer } from './viewer/unpack.js'

/** What the viewer is made of: handed to it, since functions that travel as text know no imports. */
const PARTS = { takeOrders, createOrbit, createScene, unpackLayer }

/**
 * The viewer of a report as its page runs it. It travels as its own text, so that it is checked like everything else here and nothing has to be bundled; in exchange each of its functions uses nothing from
 * outside of itself but the browser and what it is given.
 */
export function viewerScript(): string {
  const parts = Object.entries(PARTS).map(([name, part]) => `${name}: ${String(part)}`)
  return `(${runViewer.toString()})({ ${parts.join(',\n')} })`
}

/**
 * Draws `#view` (a canvas) from `#view-data` and the pictures `#errors-0`, … with WebGL2 and takes its orders from buttons, pointers and the keyboard.
 * What it shows stands in the canvas's dataset: `shown`, `level`, `mode`, `triangles`, `pose`.
 */
function runViewer({ takeOrders, createOrbit, createScene, unpackLayer }: typeof PARTS): void {
  /** Place among the modes of what only the map itself has: errors are not measured for variations. */
  const ERROR = 3

  const canvas = document.querySelector<HTMLCanvasElement>('#view')
  const data = JSON.parse(document.querySelector('#view-data')?.textContent ?? 'null') as ViewData | null
  const message = document.querySelector<HTMLElement>('#view-message')
  const gl = canvas?.getContext('webgl2', { antialias: true, preserveDrawingBuffer: true }) ?? null
  if (canvas === null || data === null || message === null) return
  if (gl === null) {
    message.textContent = 'The viewer needs WebGL 2, which this browser does not give. Everything else on this page is there.'
    return
  }

  const { dataset } = canvas
  const { shown: assets } = data
  const scene = createScene(gl, data.pictures, unpackLayer)
  const orbit = createOrbit(assets[0], ask)
  /** What is wanted. */
  const now = { shown: 0, level: 0, mode: 0 }
  const loads = new Map<string, Promise<LoadedLevel>>()
  /** What is drawn, as far as it has arrived. */
  let drawn: { shown: number; level: LoadedLevel } | null = null
  let swaying = false
  let swayed = 0
  let asked = false

  takeOrders(canvas, {
    ...orbit,
    goHome() {
      swayed = 0
      orbit.goHome()
    },
    sway: () => sway(!swaying),
    show,
    showNext: () => show((now.shown + 1) % assets.length),
    showLevel: (level) => showLevel(level),
    showMode,
    levels: () => assets[now.shown].levels.length,
  })
  new ResizeObserver(ask).observe(canvas)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', ask)
  show(0)

  function show(next: number): void {
    now.shown = next
    if (next > 0 && now.mode === ERROR) now.mode = 0
    if (assets[next].travel === 0) sway(false)
    showLevel(now.level)
  }

  function showLevel(next: number): void {
    now.level = Math.min(assets[now.shown].levels.length - 1, Math.max(0, next))
    mark()
    const { shown, level } = now
    const key = `${shown} ${level}`
    const errors = shown === 0 ? document.querySelector<HTMLImageElement>(`#errors-${level}`)?.src : undefined
    const load = loads.get(key) ?? scene.load(assets[shown].levels[level], errors ?? '')
    loads.set(key, load)
    load.then((loaded) => {
      if (shown !== now.shown || level !== now.level) return
      drawn = { shown, level: loaded }
      Object.assign(dataset, { shown, level, triangles: loaded.triangles })
      message!.textContent = ''
      orbit.lookAt(assets[shown])
    }).catch((error: unknown) => void (message!.textContent = `This level can't be shown: ${String(error)}`))
  }

  function showMode(next: number): void {
    if (next === ERROR && now.shown > 0) return
    now.mode = next
    mark()
    ask()
  }

  /** Says which buttons are pressed and what they give, and which words go with that. */
  function mark(): void {
    const { levels } = assets[now.shown]
    for (const kind of ['shown', 'level', 'mode'] as const) {
      for (const button of document.querySelectorAll<HTMLButtonElement>(`button[data-${kind}]`)) {
        const value = Number(button.dataset[kind])
        button.setAttribute('aria-pressed', String(value === now[kind]))
        if (kind === 'mode') button.disabled = value === ERROR && now.shown > 0
        if (kind !== 'level') continue
        button.hidden = value >= levels.length
        const count = button.querySelector('small')
        if (count && !button.hidden) count.textContent = levels[value].triangles.toLocaleString('en-US')
      }
    }
    for (const words of document.querySelectorAll<HTMLElement>('[data-of-shown], [data-of-level], [data-of-mode]')) {
      words.hidden = (['shown', 'level', 'mode'] as const).some((kind) => words.hasAttribute(`data-of-${kind}`) && words.getAttribute(`data-of-${kind}`) !== String(now[kind]))
    }
  }

  function sway(on: boolean): void {
    swaying = on && assets[now.shown].travel > 0
    if (!swaying) swayed = 0
    document.querySelector('[data-act="sway"]')?.setAttribute('aria-pressed', String(swaying))
    ask()
  }

  function ask(): void {
    if (!asked) requestAnimationFrame(draw)
    asked = true
  }

  function draw(time: number): void {
    asked = false
    if (canvas === null || drawn === null) return
    const ratio = Math.min(2, devicePixelRatio)
    const [width, height] = [Math.max(1, Math.round(canvas.clientWidth * ratio)), Math.max(1, Math.round(canvas.clientHeight * ratio))]
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
    if (swaying) swayed = time / 1000
    const style = getComputedStyle(canvas)
    const { pose } = orbit
    scene.draw(drawn.level, {
      asset: assets[drawn.shown],
      mode: now.mode,
      view: orbit.viewMatrix(swayed),
      projection: orbit.projectionMatrix(width / height),
      background: rgb(style.backgroundColor),
      line: rgb(style.color),
    })
    dataset.mode = String(now.mode)
    dataset.pose = [pose.yaw, pose.pitch, pose.zoom].map((value) => value.toFixed(3)).join(' ')
    if (swaying) ask()
  }

  /** `rgb(29, 21, 36)` as 0..1. */
  function rgb(css: string): number[] {
    return (css.match(/[\d.]+/g) ?? []).slice(0, 3).map((value) => Number(value) / 255)
  }
}
