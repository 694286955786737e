import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { build, preview, type PreviewServer } from 'vite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { GameView } from '../../examples/game/src/game.js'
import { describeInBrowser, launchBrowser } from '../support/browser.js'

const root = fileURLToPath(new URL('../../examples/game/', import.meta.url))
const KEYS = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'] as const

describeInBrowser('the game', () => {
  let outDir: string
  let server: PreviewServer
  let browser: Browser
  let page: Page
  const problems: string[] = []

  beforeAll(async () => {
    outDir = await mkdtemp(join(tmpdir(), 'depthmesh-game-'))
    await build({ root, logLevel: 'error', build: { outDir, emptyOutDir: true } })
    server = await preview({ root, logLevel: 'error', build: { outDir }, preview: { port: 0, host: '127.0.0.1' } })
    browser = await launchBrowser()
    // Small: the browser draws without a GPU here.
    page = await browser.newPage({ viewport: { width: 256, height: 144 } })
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => void (['error', 'warning'].includes(message.type()) && !isDriverTalk(message.text()) && problems.push(message.text())))
    await page.goto(server.resolvedUrls?.local[0] ?? '')
    await page.waitForFunction(() => document.body.dataset.phase === 'title', null, { timeout: 90_000 })
  }, 240_000)

  afterAll(async () => {
    await browser?.close()
    await server?.close()
    await rm(outDir, { recursive: true, force: true })
  })

  const state = (): Promise<GameView> => page.evaluate(() => window.__game.state())

  /** Steers toward the next ring with the keys, until `enough`. */
  async function fly(enough: (now: GameView) => boolean): Promise<GameView> {
    const held = new Set<string>()
    let now = await state()
    while (!enough(now)) {
      const { right, up } = now.next
      const wanted: Record<(typeof KEYS)[number], boolean> = { ArrowLeft: right < -1.5, ArrowRight: right > 1.5, ArrowUp: up > 1, ArrowDown: up < -1 }
      for (const key of KEYS) {
        if (wanted[key] === held.has(key)) continue
        await (wanted[key] ? page.keyboard.down(key) : page.keyboard.up(key))
        if (wanted[key]) held.add(key)
        else held.delete(key)
      }
      now = await state()
    }
    for (const key of held) await page.keyboard.up(key)
    return now
  }

  it('plays from the title to a score with the keyboard alone', async () => {
    expect((await state()).phase).toBe('title')
    await page.keyboard.press('Enter')
    await expect.poll(async () => (await state()).phase, { timeout: 10_000 }).toBe('playing')
    const now = await fly(({ rings, phase }) => rings > 0 || phase !== 'playing')
    expect(now.rings).toBeGreaterThan(0)
    expect(now.score).toBeGreaterThanOrEqual(100)
    expect(Number((await page.textContent('#score b'))?.replace(/\D/g, ''))).toBeGreaterThanOrEqual(100)
  }, 120_000)

  it('shows frames a second, draw calls, triangles and texture memory on a key, and hides them again', async () => {
    expect(await page.isVisible('#cost')).toBe(false)
    await page.keyboard.press('KeyF')
    await expect.poll(() => page.textContent('#fps')).toMatch(/^\d+ fps$/)
    expect(await page.textContent('#cost')).toMatch(/^\d+ draws · [1-9]\d*k triangles · \d+ textures, [1-9]\d* MB$/)
    expect(await page.isVisible('#cost')).toBe(true)
    const [draws] = /\d+/.exec((await page.textContent('#cost')) ?? '') ?? []
    expect(Number(draws)).toBeLessThan(80)
    await page.keyboard.press('KeyF')
    await expect.poll(() => page.isVisible('#cost')).toBe(false)
  })

  it('shows the wires and the level of each picture on a key, and hides them again', async () => {
    await page.keyboard.press('KeyX')
    await expect.poll(async () => (await state()).wireframe).toBe(true)
    const rows = await page.locator('#levels tr').allTextContents()
    expect(rows[0]).toBe('level: by error on screen')
    for (const name of ['canyon', 'valley 1', 'tree', 'tree 2', 'spire', 'ruin', 'crystal', 'rock', 'rock 3', 'cactus', 'arch']) expect(rows.find((row) => row.startsWith(name))).toMatch(/LOD \d[\d,]+ △/)
    expect(await page.isVisible('#levels')).toBe(true)
    await page.keyboard.press('KeyX')
    await expect.poll(async () => (await state()).wireframe).toBe(false)
    expect(await page.isVisible('#levels')).toBe(false)
  })

  it('forces a level on a key: all to the finest, then the next, and at last by themselves again', async () => {
    await page.keyboard.press('KeyL')
    await expect.poll(async () => new Set(Object.values((await state()).levels)), { timeout: 20_000 }).toEqual(new Set([0]))
    await page.keyboard.press('KeyL')
    await expect.poll(async () => new Set(Object.values((await state()).levels)), { timeout: 20_000 }).toEqual(new Set([1]))
    for (let i = 0; i < 3; i++) await page.keyboard.press('KeyL')
    await expect.poll(async () => new Set(Object.values((await state()).levels)).size, { timeout: 20_000 }).toBeGreaterThan(1)
  })

  it('flies until night, shows the score, and flies again', async () => {
    await page.goto(`${server.resolvedUrls?.local[0] ?? ''}#late`)
    await page.reload()
    await page.waitForFunction(() => document.body.dataset.phase === 'title', null, { timeout: 90_000 })
    await page.keyboard.press('Enter')
    await expect.poll(async () => (await state()).phase, { timeout: 10_000 }).toBe('playing')
    const { score, rings } = await fly(({ phase }) => phase === 'over')
    expect(rings).toBeGreaterThan(0)
    await expect.poll(() => page.isVisible('#end')).toBe(true)
    const shown = async (place: string) => Number((await page.textContent(place))?.replace(/\D/g, ''))
    expect(await shown('#total')).toBe(score)
    expect(await shown('#rings')).toBe(rings)
    expect(await shown('#best')).toBe(score)
    await page.keyboard.press('Enter')
    await expect.poll(async () => (await state()).phase, { timeout: 10_000 }).toBe('playing')
    expect((await state()).rings).toBe(0)
  }, 180_000)

  it('keeps drawing and complains of nothing', async () => {
    const { frames } = await state()
    await expect.poll(async () => (await state()).frames, { timeout: 20_000 }).toBeGreaterThan(frames + 2)
    expect(problems).toEqual([])
  })
})

/** Software rendering makes Chromium talk about its own reads of pixels. */
function isDriverTalk(text: string): boolean {
  return text.includes('GL Driver Message') || text.includes('WebGL-swiftshader') || text.includes('Automatic fallback to software WebGL')
}
