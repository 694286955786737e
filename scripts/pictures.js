// Makes the pictures of the README, of docs/guide.md and of docs/shapes.md, by the real pipeline: `npm run build && npm run pictures`, or `npm run pictures -- guide`. Needs Chromium (CHROMIUM_PATH, if it is not where Debian has it).
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import sharp from 'sharp'
import { build, preview } from 'vite'
import { reportDepthMesh, shapeNames } from 'depthmesh'
import depthmesh from 'depthmesh/vite'

/** Seeds of the shapes that docs/shapes.md shows. */
const SHAPE_SEEDS = [1, 2, 3]
/** Frames of the moving picture, one turn of the camera. */
const FRAMES = 20

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))
const executablePath = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'].find((name) => name && existsSync(name))

const browser = await chromium.launch({
  ...(executablePath === undefined ? {} : { executablePath }),
  args: ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'],
})
const wanted = process.argv.slice(2)
if (wanted.length === 0 || wanted.includes('lods')) await takeLods()
if (wanted.length === 0 || wanted.includes('game')) await takeGame()
if (wanted.length === 0 || wanted.includes('guide')) {
  await takeMoving()
  await takeReport()
}
if (wanted.length === 0 || wanted.includes('shapes')) await takeShapes()
await browser.close()

async function takeLods() {
  await served({ root: path('scripts/pictures'), configFile: false, base: './', plugins: [depthmesh()] }, async (url) => {
    const page = await browser.newPage({ viewport: { width: 1360, height: 330 } })
    await page.goto(url)
    await page.waitForFunction(() => document.title === 'ready', null, { timeout: 120_000 })
    await save(await page.screenshot(), 'lods')
  })
}

async function takeShapes() {
  // Every shape with all of its seeds, by the import that the page speaks of.
  const list = () => ({
    name: 'shapes',
    resolveId: (id) => (id === 'virtual:shapes' ? id : null),
    load(id) {
      if (id !== 'virtual:shapes') return null
      const imports = shapeNames.flatMap((name) => SHAPE_SEEDS.map((seed) => `import { asset as ${name}${seed} } from 'depthmesh:${name}?seed=${seed}'`))
      const entries = shapeNames.map((name) => `{ name: '${name}', assets: [${SHAPE_SEEDS.map((seed) => `${name}${seed}`).join()}] }`)
      return `${imports.join('\n')}\nexport const shapes = [${entries.join()}]`
    },
  })
  const root = path('scripts/pictures')
  await mkdir(path('docs/images/shapes'), { recursive: true })
  await served({ root, configFile: false, base: './', plugins: [depthmesh(), list()], build: { rollupOptions: { input: join(root, 'shapes.html') } } }, async (url) => {
    const page = await browser.newPage({ viewport: { width: 1100, height: 3000 } })
    await page.goto(`${url}shapes.html`)
    await page.waitForFunction(() => document.title === 'ready', null, { timeout: 240_000 })
    for (const name of shapeNames) {
      const { size } = await sharp(await page.locator(`#${name}`).screenshot()).webp({ quality: 84, effort: 6 }).toFile(path(`docs/images/shapes/${name}.webp`))
      console.log(`docs/images/shapes/${name}.webp: ${Math.round(size / 1024)} KiB`)
    }
  })
}

/** Plays until some rings are through, and takes the picture on the way to the next. */
async function takeGame() {
  await served({ root: path('examples/game') }, async (url) => {
    const page = await browser.newPage({ viewport: { width: 1200, height: 675 } })
    await page.goto(`${url}#sharp`)
    await page.waitForFunction(() => document.body.dataset.phase === 'title', null, { timeout: 120_000 })
    await page.waitForTimeout(4000)
    await page.keyboard.press('Enter')
    const held = new Set()
    for (;;) {
      const { next, rings, phase } = await page.evaluate(() => globalThis.__game.state())
      // In level flight: the glider seen from behind, the ring before it.
      const level = Math.abs(next.right) < 3.5 && Math.abs(next.up) < 3
      if (phase === 'over' || (rings >= 3 && level && next.ahead > 24 && next.ahead < 60)) break
      await steer(page, held, next)
    }
    await save(await page.screenshot(), 'game')
  })
}

async function takeMoving() {
  const pictures = path('scripts/pictures')
  await served({ root: pictures, configFile: false, base: './', plugins: [depthmesh()], build: { rollupOptions: { input: join(pictures, 'moving.html') } } }, async (url) => {
    const page = await browser.newPage({ viewport: { width: 520, height: 260 } })
    await page.goto(`${url}moving.html`)
    await page.waitForFunction(() => document.title === 'ready', null, { timeout: 120_000 })
    const frames = []
    for (let i = 0; i < FRAMES; i++) {
      await page.evaluate((turn) => globalThis.drawFrame(turn), i / FRAMES)
      frames.push(await page.screenshot())
    }
    const delay = frames.map(() => 140)
    const { size } = await sharp(frames, { join: { animated: true } }).webp({ quality: 76, effort: 6, loop: 0, delay }).toFile(path('docs/images/guide-moving.webp'))
    console.log(`docs/images/guide-moving.webp: ${Math.round(size / 1024)} KiB`)
  })
}

/** The canyon's report: its page, what was found, and its mesh from the side. */
async function takeReport() {
  const art = (name) => readFile(path(`examples/game/src/art/${name}`))
  const settings = JSON.parse(await art('canyon.depth.json'))
  const fileNames = { depth: 'canyon.depth.png', color: 'canyon.color.png' }
  const { html } = await reportDepthMesh({ name: 'canyon', depth: await art('canyon.depth.png'), color: await art('canyon.color.png') }, { settings, fileNames })
  const folder = await mkdtemp(join(tmpdir(), 'depthmesh-pictures-'))
  await writeFile(join(folder, 'canyon.report.html'), html)
  const context = await browser.newContext({ viewport: { width: 1180, height: 820 }, colorScheme: 'dark', offline: true })
  const page = await context.newPage()
  await page.goto(pathToFileURL(join(folder, 'canyon.report.html')).href)
  await page.waitForFunction(() => document.querySelector('#view').dataset.pose !== undefined, null, { timeout: 60_000 })
  await save(await sharp(await page.screenshot()).resize({ width: 900 }).png().toBuffer(), 'guide-report')
  await save(await sharp(await page.locator('figure img').nth(1).screenshot()).resize({ width: 560 }).png().toBuffer(), 'guide-check')
  await page.focus('#view')
  for (const key of ['3', 'w', ...Array.from({ length: 5 }, () => 'ArrowRight'), ...Array.from({ length: 4 }, () => 'ArrowUp')]) await page.keyboard.press(key)
  await page.evaluate(() => document.activeElement.blur())
  await page.waitForTimeout(1500)
  await save(await sharp(await page.locator('#view').screenshot()).resize({ width: 720 }).png().toBuffer(), 'guide-wires')
  await page.close()
  await rm(folder, { recursive: true, force: true })
}

async function steer(page, held, { right, up }) {
  const wish = { ArrowLeft: right < -1.5, ArrowRight: right > 1.5, ArrowUp: up > 1, ArrowDown: up < -1 }
  for (const [key, down] of Object.entries(wish)) {
    if (down === held.has(key)) continue
    await (down ? page.keyboard.down(key) : page.keyboard.up(key))
    if (down) held.add(key)
    else held.delete(key)
  }
}

async function served(config, take) {
  const outDir = await mkdtemp(join(tmpdir(), 'depthmesh-pictures-'))
  await build({ ...config, logLevel: 'error', build: { ...config.build, outDir, emptyOutDir: true, target: 'esnext' } })
  const server = await preview({ ...config, logLevel: 'error', build: { outDir }, preview: { port: 0, host: '127.0.0.1' } })
  await take(server.resolvedUrls.local[0])
  await server.close()
  await rm(outDir, { recursive: true, force: true })
}

/** As a PNG of 256 colours, dithered: a third of the bytes, and hard to tell apart. */
async function save(png, name) {
  const { size } = await sharp(png).png({ palette: true, colours: 256, dither: 0.8, effort: 10, compressionLevel: 9 }).toFile(path(`docs/images/${name}.png`))
  console.log(`docs/images/${name}.png: ${Math.round(size / 1024)} KiB`)
}
