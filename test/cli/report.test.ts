import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drawVariation, type DepthManifest } from '../../src/core/index.js'
import { describeInBrowser, launchBrowser } from '../support/browser.js'
import { gray16, rgb8 } from '../support/maps.js'
import { jsonLines, runCli } from './run-cli.js'

/** A near box before a slope; colours run from red to blue. */
const W = 160
const H = 120
const level = (x: number, y: number) => (x > 60 && x < 100 && y > 40 && y < 80 ? 0.9 : 0.1 + 0.3 * (y / H) + 0.02 * Math.sin(x / 5) * Math.sin(y / 7))
const colorAt = (u: number) => [255 * (1 - u), 60, 255 * u] as const

let folder: string
const run = (...args: string[]) => runCli(args, folder)
const read = (name: string) => readFile(join(folder, name), 'utf8')

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'depthmesh-report-'))
  await mkdir(join(folder, 'art'))
  await writeFile(join(folder, 'art/box.depth.png'), await gray16(W, H, level))
  await writeFile(join(folder, 'art/box.png'), await rgb8(W, H, (x) => colorAt((x + 0.5) / W)))
  await writeFile(join(folder, 'art/box.depth.json'), '{ "near": 2, "far": 9, "lods": [4000, 400, 60], "clean": false }')
})

afterAll(() => rm(folder, { recursive: true }))

describe('depthmesh report', () => {
  it('writes a page beside nobody’s sources, with what was found, sizes and settings', async () => {
    const { code, stdout, stderr } = await run('report', 'art/box.depth.png')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^art\/box\.depth\.png → box\.report\.html \(0\.\d MiB\)\n$/)
    expect(await readdir(join(folder, 'art'))).toHaveLength(3)
    const page = await read('box.report.html')
    const [{ report }] = jsonLines<{ report: { checks: { found: string; why: string; advice: string }[] } }>(await run('check', 'art/box.depth.png', '--json'))
    for (const { found, why, advice } of report.checks) for (const text of [found, why, advice]) expect(page).toContain(text.replaceAll('"', '&quot;'))
    await run('bake', 'art/box.depth.png', '--out', 'baked')
    const { lods } = JSON.parse(await read('baked/box.json')) as DepthManifest
    expect(lods).toHaveLength(3)
    for (const { url, triangles } of lods) {
      expect(page).toContain(`<code>${url}</code>`)
      expect(page).toContain(triangles.toLocaleString('en-US'))
    }
    expect(page).toContain('<code>[4000,400,60]</code>')
    expect(page).not.toMatch(/(?:src|href)="(?!data:)/)
  })

  it('writes the same page again, from the cache or not', async () => {
    await run('report', 'art/box.depth.png', '--output', 'pages/a.html')
    await run('report', 'art/box.depth.png', '--output', 'pages/b.html', '--no-cache')
    expect(await read('pages/b.html')).toBe(await read('pages/a.html'))
  })

  it('tells programs where the page is', async () => {
    const [line] = jsonLines(await run('report', 'art', '--json'))
    expect(line).toEqual({ file: join('art', 'box.depth.png'), ok: true, report: 'box.report.html', bytes: expect.any(Number), checks: expect.any(Array) })
  })

  it.each([
    [['--output', 'art/box.depth.png'], 'depthmesh: --output: expected a file that ends in .html, got "art/box.depth.png".\n'],
    [['art', '--output', 'box.html'], 'depthmesh: --output: expected one map, got 2. Leave it out: each gets <name>.report.html.\n'],
    [['--out', 'x.html'], 'depthmesh: unknown flag --out. Did you mean --output?\n'],
  ])('refuses %j', async (args, message) => {
    await writeFile(join(folder, 'art/second.depth.png'), await gray16(16, 12, (x) => x / 16))
    expect(await run('report', 'art/box.depth.png', ...args)).toEqual({ code: 2, stdout: '', stderr: message })
    await rm(join(folder, 'art/second.depth.png'))
  })

  it('reports a map that fails, and goes on', async () => {
    await mkdir(join(folder, 'mixed'))
    await writeFile(join(folder, 'mixed/bad.depth.png'), 'no picture')
    await writeFile(join(folder, 'mixed/good.depth.png'), await gray16(32, 24, (x, y) => (x + y) / 60))
    const { code, stdout, stderr } = await run('report', 'mixed', '--lods', '100')
    expect(code).toBe(1)
    expect(stderr).toContain('mixed/bad.depth.png: ')
    expect(stdout).toContain('good.report.html')
  })

  it('puts names into the page as text', async () => {
    await mkdir(join(folder, 'odd'))
    await writeFile(join(folder, 'odd/<b>&.depth.png'), await gray16(32, 24, (x, y) => (x + y) / 60))
    await run('report', 'odd', '--lods', '100')
    const page = await read('<b>&.report.html')
    expect(page).toContain('<h1>&lt;b&gt;&amp;</h1>')
    expect(page).not.toContain('<b>&.')
  })
})

describeInBrowser('the page of depthmesh report, opened from disk without a network', () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await launchBrowser()
    await run('report', 'art/box.depth.png')
  })

  afterAll(() => browser.close())

  /** Opens a page and hears everything that it says or asks for. */
  async function open(name: string, options: BrowserContextOptions = {}): Promise<{ page: Page; heard: string[] }> {
    const context = await browser.newContext({ offline: true, viewport: { width: 900, height: 900 }, ...options })
    const page = await context.newPage()
    const heard: string[] = []
    const own = pathToFileURL(join(folder, name)).href
    page.on('console', (message) => heard.push(message.text()))
    page.on('pageerror', (error) => heard.push(error.message))
    page.on('request', (request) => request.url() !== own && !request.url().startsWith('data:') && heard.push(request.url()))
    await page.addInitScript(() => {
      const counted = { triangles: 0 }
      Object.assign(window, { counted })
      const { drawElements, clear } = WebGL2RenderingContext.prototype
      WebGL2RenderingContext.prototype.clear = function (mask) {
        counted.triangles = 0
        clear.call(this, mask)
      }
      WebGL2RenderingContext.prototype.drawElements = function (mode, count, ...rest) {
        if (mode === this.TRIANGLES) counted.triangles += count / 3
        drawElements.call(this, mode, count, ...rest)
      }
    })
    await page.goto(own)
    await page.waitForFunction(() => document.querySelector<HTMLElement>('#view')?.dataset.pose !== undefined, null, { timeout: 30_000 })
    return { page, heard }
  }

  const state = (page: Page) => page.evaluate(() => ({ ...document.querySelector<HTMLElement>('#view')!.dataset }))
  const drawnTriangles = (page: Page) => page.evaluate(() => (window as unknown as { counted: { triangles: number } }).counted.triangles)
  const settled = (page: Page) => page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))

  async function picture(page: Page): Promise<{ width: number; height: number; at: (u: number, v: number) => number[]; bytes: Buffer }> {
    await settled(page)
    const { data, info } = await sharp(await page.locator('#view').screenshot()).removeAlpha().raw().toBuffer({ resolveWithObject: true })
    const { width, height } = info
    return { width, height, bytes: data, at: (u, v) => [...data.subarray((Math.floor(v * height) * width + Math.floor(u * width)) * 3).subarray(0, 3)] }
  }

  it('shows the colour picture from the source view, says nothing, asks for nothing', async () => {
    const { page, heard } = await open('box.report.html')
    const { width, height, at } = await picture(page)
    // All of the picture is seen: it fills the height of the canvas or its width.
    const across = Math.min(1, (height * W) / H / width)
    for (const u of [0.1, 0.5, 0.9]) {
      const seen = at(0.5 + (u - 0.5) * across, 0.5)
      for (const [i, wanted] of colorAt(u).entries()) expect(Math.abs(seen[i] - wanted), `${u}: ${seen.join(' ')}`).toBeLessThan(16)
    }
    expect(heard).toEqual([])
    await page.context().close()
  })

  it('draws the triangles of the level that is chosen', async () => {
    const { page, heard } = await open('box.report.html')
    await run('bake', 'art/box.depth.png', '--out', 'baked')
    const { lods } = JSON.parse(await read('baked/box.json')) as DepthManifest
    for (const [i, { triangles }] of lods.entries()) {
      await page.click(`button[data-level="${i}"]`)
      await page.waitForFunction((wanted) => document.querySelector<HTMLElement>('#view')?.dataset.level === wanted, String(i))
      await settled(page)
      expect(await state(page)).toMatchObject({ triangles: String(triangles) })
      expect(await drawnTriangles(page)).toBe(triangles)
      expect(await page.locator(`[data-of-level="${i}"]`).isVisible()).toBe(true)
    }
    expect(heard).toEqual([])
    await page.context().close()
  })

  it('turns by keys and pointers, comes closer, and goes back', async () => {
    const { page, heard } = await open('box.report.html')
    await page.focus('#view')
    await page.keyboard.press('0')
    const first = await picture(page)
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowUp', '+']) await page.keyboard.press(key)
    const turned = await picture(page)
    expect(await state(page)).toMatchObject({ pose: '0.160 0.080 0.900' })
    expect(turned.bytes.equals(first.bytes)).toBe(false)
    await page.keyboard.press('0')
    expect((await picture(page)).bytes.equals(first.bytes)).toBe(true)

    const box = (await page.locator('#view').boundingBox())!
    await page.mouse.move(box.x + 200, box.y + 200)
    await page.mouse.down()
    await page.mouse.move(box.x + 100, box.y + 200, { steps: 4 })
    await page.mouse.up()
    await settled(page)
    expect(await state(page)).toMatchObject({ pose: '0.600 0.000 1.000' })
    await page.keyboard.press('Home')
    expect((await picture(page)).bytes.equals(first.bytes)).toBe(true)
    expect(heard).toEqual([])
    await page.context().close()
  })

  it('comes closer when two fingers part', async () => {
    const { page, heard } = await open('box.report.html', { hasTouch: true })
    const box = (await page.locator('#view').boundingBox())!
    const touch = await page.context().newCDPSession(page)
    const fingers = async (type: 'touchStart' | 'touchMove', apart: number) =>
      touch.send('Input.dispatchTouchEvent', { type, touchPoints: [-1, 1].map((side, id) => ({ id, x: box.x + box.width / 2 + (side * apart) / 2, y: box.y + box.height / 2 })) })
    await fingers('touchStart', 100)
    await fingers('touchMove', 200)
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
    await settled(page)
    // Each finger's move is told by itself, so how much depends on their order; twice as far apart is half as far away.
    const [yaw, pitch, zoom] = (await state(page)).pose!.split(' ').map(Number)
    expect([yaw, pitch]).toEqual([0, 0])
    expect(zoom).toBeCloseTo(0.5, 2)
    expect(heard).toEqual([])
    await page.context().close()
  })

  it('says so where there is no WebGL 2, and shows the rest', async () => {
    const context = await browser.newContext({ offline: true })
    const page = await context.newPage()
    await page.addInitScript(() => (HTMLCanvasElement.prototype.getContext = () => null))
    await page.goto(pathToFileURL(join(folder, 'box.report.html')).href)
    expect(await page.locator('#view-message').textContent()).toContain('The viewer needs WebGL 2')
    expect(await page.locator('.errors img').evaluateAll((images) => images.map((image) => (image as HTMLImageElement).naturalWidth))).toEqual([W, W, W])
    await context.close()
  })

  it('shows facets, wires and errors', async () => {
    const { page, heard } = await open('box.report.html')
    const background = async () => (await page.locator('#view').evaluate((canvas) => getComputedStyle(canvas).backgroundColor)).match(/\d+/g)!.map(Number)
    const filled = async () => {
      const { bytes } = await picture(page)
      const [r, g, b] = await background()
      let count = 0
      for (let i = 0; i < bytes.length; i += 3) if (Math.abs(bytes[i] - r) + Math.abs(bytes[i + 1] - g) + Math.abs(bytes[i + 2] - b) > 30) count++
      return count / (bytes.length / 3)
    }
    await page.focus('#view')
    await page.keyboard.press('3')
    await page.waitForFunction(() => document.querySelector<HTMLElement>('#view')?.dataset.level === '2')
    const whole = await filled()
    await page.keyboard.press('f')
    const facets = await picture(page)
    expect(await filled()).toBeGreaterThan(0.9 * whole)
    const [r, g, b] = facets.at(0.5, 0.5)
    expect(Math.max(r, g, b) - Math.min(r, g, b), 'clay is gray').toBeLessThan(40)
    await page.keyboard.press('w')
    const wires = await filled()
    expect(wires).toBeGreaterThan(0.005)
    expect(wires).toBeLessThan(0.5 * whole)
    await page.keyboard.press('e')
    const coarse = await picture(page)
    await page.keyboard.press('1')
    await page.waitForFunction(() => document.querySelector<HTMLElement>('#view')?.dataset.level === '0')
    const fine = await picture(page)
    const brightness = ({ bytes }: { bytes: Buffer }) => bytes.reduce((sum, value) => sum + value, 0)
    expect(brightness(coarse), 'a coarse level errs more, and errors are bright').toBeGreaterThan(1.05 * brightness(fine))
    expect(await state(page)).toMatchObject({ mode: '3' })
    expect(heard).toEqual([])
    await page.context().close()
  })

  it('shows the variation that is chosen, with its own levels and the picture that they share', async () => {
    // Red and green say where on the picture a place is; blue makes the picture heavy enough to be shared.
    await mkdir(join(folder, 'several'), { recursive: true })
    await writeFile(join(folder, 'several/dome.depth.png'), await gray16(128, 128, (x, y) => Math.max(0, 0.9 - ((x - 63.5) ** 2 + (y - 63.5) ** 2) / 4000)))
    await writeFile(join(folder, 'several/dome.png'), await rgb8(128, 128, (x, y) => [2 * x, 2 * y, (x * 7919 + y * 104729) % 251]))
    await writeFile(join(folder, 'several/dome.depth.json'), '{ "projection": "orthographic", "black": "cut", "width": 4, "relief": 1, "lods": [900, 150], "variants": 3 }')
    await run('bake', 'several', '--out', 'baked')
    const { lods, variants } = JSON.parse(await read('baked/dome.json')) as DepthManifest
    await run('report', 'several')
    const { page, heard } = await open('dome.report.html')
    for (const [shown, levels] of [lods, ...variants.map((variant) => variant.lods)].entries()) {
      await page.click(`button[data-shown="${shown}"]`)
      for (const [level, { triangles, textures }] of levels.entries()) {
        await page.click(`button[data-level="${level}"]`)
        await page.waitForFunction((wanted) => JSON.stringify([document.querySelector<HTMLElement>('#view')?.dataset.shown, document.querySelector<HTMLElement>('#view')?.dataset.level]) === wanted, JSON.stringify([String(shown), String(level)]))
        await settled(page)
        expect(await drawnTriangles(page)).toBe(triangles)
        expect(await page.textContent(`button[data-level="${level}"] small`)).toBe(triangles.toLocaleString('en-US'))
        expect(await page.locator('.facts:visible').first().textContent()).toContain(`${triangles.toLocaleString('en-US')} triangles`)
        expect(textures !== undefined).toBe(shown > 0)
      }
      // From straight ahead: the middle wears what it was bent from.
      await page.click('button[data-level="0"]')
      await page.focus('#view')
      await page.keyboard.press('0')
      const { data, info } = await sharp(await page.locator('#view').screenshot()).removeAlpha().raw().toBuffer({ resolveWithObject: true })
      const middle = [...data.subarray((Math.floor(info.height / 2) * info.width + Math.floor(info.width / 2)) * 3).subarray(0, 2)]
      const out = new Float64Array([0.5, 0.5])
      if (shown > 0) drawVariation(1, shown, { aspect: 1, reframe: false }).source(0.5, 0.5, out)
      // The view stands a little aside and above: what lies in the middle of it is as far as a tenth of the picture from its middle.
      for (const axis of [0, 1]) expect(Math.abs(middle[axis] / 255 - out[axis])).toBeLessThan(0.2)
    }
    expect(await page.locator('button[data-mode="3"]').isDisabled()).toBe(true)
    await page.focus('#view')
    await page.keyboard.press('v')
    await page.waitForFunction(() => document.querySelector<HTMLElement>('#view')?.dataset.shown === '0')
    expect(await page.locator('button[data-mode="3"]').isDisabled()).toBe(false)
    expect(heard).toEqual([])
    await page.context().close()
  })

  it.each([
    ['a relief that is lit, without a picture', ['--projection', 'orthographic', '--color', 'null', '--lods', '500']],
    ['ground', ['--projection', 'orthographic', '--orientation', 'ground', '--lods', '500']],
    ['a closed surface', ['--projection', 'orthographic', '--solid', '--shading', 'lit', '--lods', '2000']],
    ['one GLB with all levels', ['--container', 'msft_lod', '--lods', '500,100']],
    ['textures for graphics cards', ['--texture.format', 'ktx2', '--lods', '500', '--texture.size', '64']],
    ['variations as textures for graphics cards', ['--projection', 'orthographic', '--texture.format', 'ktx2', '--lods', '100', '--texture.size', '64', '--variants', '2']],
    ['plain floats, and variations', ['--compression', 'none', '--lods', '500', '--variants', '1']],
  ])('shows %s', async (name, flags) => {
    const file = `${name.replace(/\W+/g, '-')}.html`
    const made = await run('report', 'art/box.depth.png', '--output', file, ...flags)
    expect(made).toMatchObject({ code: 0, stderr: '' })
    const { page, heard } = await open(file)
    const { at, bytes } = await picture(page)
    expect(new Set(bytes).size).toBeGreaterThan(20)
    expect(at(0.5, 0.5)).not.toEqual(at(0.01, 0.01))
    expect(heard).toEqual([])
    await page.context().close()
  })
})
