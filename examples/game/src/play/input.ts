import type { Steering } from './flight.js'

/** Pixels of a drag that steer fully, as a share of the smaller side of the screen. */
const DRAG = 0.16

const DIRECTIONS: Record<string, [right: number, up: number]> = {
  ArrowLeft: [-1, 0], KeyA: [-1, 0],
  ArrowRight: [1, 0], KeyD: [1, 0],
  ArrowUp: [0, 1], KeyW: [0, 1],
  ArrowDown: [0, -1], KeyS: [0, -1],
}
const BOOST = ['Space', 'ShiftLeft', 'ShiftRight']

/** Keyboard and touch as one wish. `pressed` is told of every other key. */
export function listen(surface: HTMLElement, pressed: (code: string) => void): () => Steering {
  const held = new Set<string>()
  const pointers = new Map<number, { x: number; y: number; right: number; up: number }>()

  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.code in DIRECTIONS || event.code === 'Space') event.preventDefault()
    if (!event.repeat) pressed(event.code)
    held.add(event.code)
  })
  addEventListener('keyup', ({ code }) => held.delete(code))
  addEventListener('blur', () => held.clear())

  surface.addEventListener('pointerdown', ({ pointerId, clientX, clientY }) => {
    surface.setPointerCapture(pointerId)
    pointers.set(pointerId, { x: clientX, y: clientY, right: 0, up: 0 })
  })
  surface.addEventListener('pointermove', ({ pointerId, clientX, clientY }) => {
    const pointer = pointers.get(pointerId)
    if (pointer === undefined) return
    const reach = DRAG * Math.min(innerWidth, innerHeight)
    pointer.right = clamp((clientX - pointer.x) / reach)
    pointer.up = clamp((pointer.y - clientY) / reach)
  })
  for (const end of ['pointerup', 'pointercancel'] as const) surface.addEventListener(end, ({ pointerId }) => pointers.delete(pointerId))

  return () => {
    let right = 0
    let up = 0
    for (const code of held) {
      right += DIRECTIONS[code]?.[0] ?? 0
      up += DIRECTIONS[code]?.[1] ?? 0
    }
    const [first] = pointers.values()
    if (first !== undefined) {
      right += first.right
      up += first.up
    }
    return { right: clamp(right), up: clamp(up), boost: pointers.size > 1 || BOOST.some((code) => held.has(code)) }
  }
}

function clamp(value: number): number {
  return Math.max(-1, Math.min(1, value))
}
