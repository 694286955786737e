import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Logger } from 'vite'
import { createProgress } from '../../src/plugin/progress.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function watch(isTTY: boolean | null, columns?: number) {
  const written: string[] = []
  const lines: string[] = []
  const logger = { info: (line: string) => void lines.push(line) } as unknown as Logger
  const tell = createProgress({ logger, root: '/game', terminal: isTTY === null ? null : { isTTY, columns, write: (text: string) => written.push(text) } })
  return { tell, written, lines }
}

it('says nothing of short bakes', () => {
  const { tell, written, lines } = watch(true, 60)
  tell({ file: '/game/art/a.depth.png', state: 'started' })
  vi.advanceTimersByTime(900)
  tell({ file: '/game/art/a.depth.png', state: 'baked' })
  vi.advanceTimersByTime(5000)
  expect({ written, lines }).toEqual({ written: [], lines: [] })
})

it('rewrites one line on a terminal, clears it, and sums up in one line', () => {
  const { tell, written, lines } = watch(true, 60)
  for (const name of ['a', 'b', 'c']) tell({ file: `/game/art/${name}.depth.png`, state: 'started' })
  vi.advanceTimersByTime(1000)
  tell({ file: '/game/art/a.depth.png', state: 'baked' })
  tell({ file: '/game/art/b.depth.png', state: 'failed' })
  vi.advanceTimersByTime(1000)
  tell({ file: '/game/art/c.depth.png', state: 'baked' })
  expect(written).toEqual(['\r\u001b[2Kdepthmesh: baking art/a.depth.png and 2 more, 0 done, 1 s', '\r\u001b[2Kdepthmesh: baking art/c.depth.png, 1 done, 2 s', '\r\u001b[2K'])
  expect(lines).toEqual(['depthmesh: baked 2 depth maps in 2.0 s'])
})

it.each([false, null])('shows no progress where there is no terminal (%s)', (isTTY) => {
  const { tell, written, lines } = watch(isTTY)
  tell({ file: '/game/a.depth.png', state: 'started' })
  vi.advanceTimersByTime(3000)
  tell({ file: '/game/a.depth.png', state: 'baked' })
  expect(written).toEqual([])
  expect(lines).toEqual(['depthmesh: baked 1 depth map in 3.0 s'])
})

it('counts an edit that overtakes a bake as one bake of its map, and says nothing before it is there', () => {
  const { tell, written, lines } = watch(true, 60)
  tell({ file: '/game/a.depth.png', state: 'started' })
  vi.advanceTimersByTime(2000)
  tell({ file: '/game/a.depth.png', state: 'started' })
  tell({ file: '/game/a.depth.png', state: 'failed' })
  expect(lines).toEqual([])
  vi.advanceTimersByTime(1000)
  expect(written.at(-1)).toBe('\r\u001b[2Kdepthmesh: baking a.depth.png, 0 done, 3 s')
  tell({ file: '/game/a.depth.png', state: 'baked' })
  expect(lines).toEqual(['depthmesh: baked 1 depth map in 3.0 s'])
})

it('sums up nothing where nothing was baked, and leaves no line behind on the terminal', () => {
  const { tell, written, lines } = watch(true, 60)
  tell({ file: '/game/a.depth.png', state: 'started' })
  vi.advanceTimersByTime(1500)
  tell({ file: '/game/a.depth.png', state: 'failed' })
  expect(written.at(-1)).toBe('\r\u001b[2K')
  expect(lines).toEqual([])
})

it('counts each run of bakes by itself', () => {
  const { tell, lines } = watch(true)
  for (const seconds of [2, 3]) {
    tell({ file: '/game/a.depth.png', state: 'started' })
    vi.advanceTimersByTime(seconds * 1000)
    tell({ file: '/game/a.depth.png', state: 'baked' })
    vi.advanceTimersByTime(60_000)
  }
  expect(lines).toEqual(['depthmesh: baked 1 depth map in 2.0 s', 'depthmesh: baked 1 depth map in 3.0 s'])
})

// A line that is full would wrap, and the next one could not take its place.
it.each([[60, 59], [0, 79], [undefined, 79]])('cuts its line off before the end of a terminal of %s columns', (columns, length) => {
  const { tell, written } = watch(true, columns)
  tell({ file: `/game/${'a'.repeat(100)}.depth.png`, state: 'started' })
  vi.advanceTimersByTime(1000)
  expect(written).toEqual([`\r\u001b[2K${`depthmesh: baking ${'a'.repeat(100)}`.slice(0, length)}`])
})
