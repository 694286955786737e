/** What a viewer can be told. */
export interface Orders {
  turnBy(yaw: number, pitch: number): void
  zoomBy(factor: number): void
  goHome(): void
  /** Begins or ends to sway. */
  sway(): void
  /** 0 is the map itself, then its variations. */
  show(which: number): void
  showNext(): void
  showLevel(level: number): void
  showMode(mode: number): void
  /** How many levels what is shown has. */
  levels(): number
}

/** Takes orders from buttons with `data-shown`, `data-level`, `data-mode` and `data-act`, from pointers and from the keyboard. Part of the viewer: uses nothing from outside of itself. */
export function takeOrders(canvas: HTMLCanvasElement, orders: Orders): void {
  /** Radians a CSS pixel of dragging, and a press of an arrow key. */
  const DRAG = 0.006
  const PRESS = 0.08
  const { turnBy, zoomBy, goHome, sway } = orders

  const acts: Record<string, () => void> = { home: goHome, closer: () => zoomBy(0.8), farther: () => zoomBy(1.25), sway }
  document.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest('button') : null
    if (button === null) return
    const { shown, level, mode, act } = button.dataset
    if (shown !== undefined) orders.show(Number(shown))
    if (level !== undefined) orders.showLevel(Number(level))
    if (mode !== undefined) orders.showMode(Number(mode))
    if (act !== undefined) acts[act]?.()
  })

  const pointers = new Map<number, { x: number; y: number }>()
  const apart = (): number => {
    const [a, b] = [...pointers.values()]
    return Math.hypot(a.x - b.x, a.y - b.y)
  }
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId)
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY })
  })
  canvas.addEventListener('pointermove', ({ pointerId, clientX, clientY }) => {
    const before = pointers.get(pointerId)
    if (before === undefined) return
    const wide = pointers.size === 2 ? apart() : 0
    pointers.set(pointerId, { x: clientX, y: clientY })
    if (pointers.size === 2) zoomBy(wide / Math.max(1, apart()))
    else turnBy(-(clientX - before.x) * DRAG, (clientY - before.y) * DRAG)
  })
  for (const end of ['pointerup', 'pointercancel'] as const) canvas.addEventListener(end, ({ pointerId }) => void pointers.delete(pointerId))
  canvas.addEventListener('wheel', (event) => {
    // The page scrolls until the viewer is in use.
    if (document.activeElement !== canvas && !event.ctrlKey) return
    event.preventDefault()
    zoomBy(Math.exp(Math.sign(event.deltaY) * 0.1))
  }, { passive: false })
  canvas.addEventListener('dblclick', goHome)

  const keys: Record<string, () => void> = {
    ArrowLeft: () => turnBy(-PRESS, 0),
    ArrowRight: () => turnBy(PRESS, 0),
    ArrowUp: () => turnBy(0, PRESS),
    ArrowDown: () => turnBy(0, -PRESS),
    '+': () => zoomBy(0.9),
    '=': () => zoomBy(0.9),
    '-': () => zoomBy(1.1),
    '0': goHome,
    Home: goHome,
    ' ': sway,
    v: orders.showNext,
    V: orders.showNext,
  }
  canvas.addEventListener('keydown', (event) => {
    const { key, ctrlKey, metaKey, altKey } = event
    const digit = /^[1-8]$/.test(key) ? Number(key) : 0
    const letter = 'pfwe'.indexOf(key.toLowerCase())
    const known = Object.hasOwn(keys, key) || letter >= 0 || (digit > 0 && digit <= orders.levels())
    if (!known || ctrlKey || metaKey || altKey) return
    event.preventDefault()
    if (Object.hasOwn(keys, key)) keys[key]()
    else if (digit > 0) orders.showLevel(digit - 1)
    else orders.showMode(letter)
  })
}
