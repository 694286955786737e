import { execFile, spawn } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bakeDepthMesh, parseSettings, type SettingsInput } from '../../src/core/index.js'
import { bin, runCli } from '../cli/run-cli.js'
import { describeInBrowser, launchBrowser } from '../support/browser.js'
import { gray16, rgb8 } from '../support/maps.js'
import { createProject, type Project } from '../support/project.js'
import { blocksOf, commandsOf, documents, nameOf, root, wordsOf, type Block } from './blocks.js'

/** What no test here runs, and why: `document: language file` of a block, or a command of a shell block. */
const NOT_RUN: Record<string, string> = {
  'docs/architecture.md: text': 'a drawing',
  'npm install --save-dev depthmesh': 'test/package/packed.test.ts installs the packed package',
  'npm init --yes': 'makes an empty package.json; test/package/packed.test.ts installs into one',
  'npm pkg set type=module': 'writes one key, which the project that these blocks run in has too',
  'npm install three': 'test/package/packed.test.ts installs it',
  'npm install --save-dev vite depthmesh': 'test/package/packed.test.ts installs the packed package and Vite',
  'npx vite': 'the page that it serves is built and drawn below; test/plugin/dev.test.ts drives the dev server',
  'npx vite build': 'the page is built below',
  'npm install': 'what everyone who reads this line here has done to run this test',
  'npm test': 'this test is part of it',
  'npm install && npm test': 'this test is part of it',
  'npm install && npm run game': 'test/game/game.test.ts builds, serves and plays the game',
  'npm run game': 'test/game/game.test.ts builds, serves and plays the game',
  'npm run game:dev': 'the same sources in Vite’s dev server, which test/plugin/dev.test.ts drives',
  'npm run lint': '.ci/run does',
  'npm run typecheck': '.ci/run does',
  'npm run generate': 'test/docs/generated.test.ts is what it runs',
  'npm run build:wasm': 'test/core/mesh/pixels/pixels.test.ts compares what it would write',
  'npm run art': 'paints for minutes; its pictures are committed',
  'npm run example -- examples/engines/babylon': 'test/engines/examples.test.ts builds and plays the pages',
  'npx sharp-cli -i canyon.jpg -o canyon.depth.png greyscale': 'fetches a program; test/core/depth/sniff.test.ts does the same with sharp, of which that is the shell',
  'npm run bench': 'lists the benchmarks, and is timed by people',
}

/** What a page says stands there already, before a block of code: it is declared for the types. */
const GIVEN: Record<string, string> = {
  'README.md: js main.js': "import type { Camera, Scene, WebGLRenderer } from 'three'\ndeclare const scene: Scene\ndeclare const camera: Camera\ndeclare const renderer: WebGLRenderer\n",
  'README.md: js exports.js': '',
  // Nuxt declares it for every file, and its configuration has no names that are not known.
  'docs/recipes.md: ts nuxt.config.ts': "declare function defineNuxtConfig(config: { vite: { plugins: unknown[] }; typescript: { tsConfig: { files: string[] } }; hooks: { 'build:manifest'(manifest: Record<string, { file: string; prefetch?: boolean }>): void } }): unknown\n",
}

const all = documents.flatMap((document) => blocksOf(document))
const keyOf = ({ document, language, file }: Block) => `${document}: ${[language, file].filter((part) => part !== '').join(' ')}`
const CODE = ['js', 'ts', 'tsx', 'jsx', 'html']
const isCode = ({ language, file }: Block) => CODE.includes(language) && file !== ''

type Runner = 'shell' | 'settings' | 'code'

/** How a block is run; undefined where nothing runs it. */
function runnerOf(block: Block): Runner | undefined {
  if (block.language === 'sh') return 'shell'
  if (block.language === 'json') return 'settings'
  return isCode(block) ? 'code' : undefined
}

describe('every block of the documents', () => {
  it('has a test that runs it, or a reason why not', () => {
    for (const block of all) {
      if (runnerOf(block) === undefined) expect(Object.keys(NOT_RUN), `${nameOf(block)} is run by nothing: name its language (sh, json) or its file (js main.js), or say in NOT_RUN why not`).toContain(keyOf(block))
    }
    expect(all.length).toBeGreaterThan(40)
  })

  it('is needed where a reason is given', () => {
    const present = new Set([...all.map(keyOf), ...all.filter(({ language }) => language === 'sh').flatMap(commandsOf)])
    for (const name of [...Object.keys(NOT_RUN), ...Object.keys(GIVEN)]) expect(present, `${name} is in no document any more`).toContain(name)
  })
})

let project: Project

beforeAll(async () => {
  const scene = (x: number, y: number) => 0.08 + 0.8 * (y / 48) ** 2 + (x > 24 && x < 34 && y > 10 && y < 30 ? 0.09 : 0)
  const depth = await gray16(64, 48, scene)
  const color = await rgb8(64, 48, (x, y) => [x * 4, y * 5, 90])
  const files: Record<string, string | Uint8Array> = {}
  for (const folder of ['', 'art/', 'src/', 'src/art/']) {
    for (const name of ['canyon', 'photo', 'rock', 'hills']) {
      files[`${folder}${name}.depth.png`] = depth
      files[`${folder}${name}.color.png`] = color
    }
  }
  project = await createProject(files)
})

afterAll(() => project.dispose())

describe('the commands of the documents', () => {
  const commands = all.filter(({ language }) => language === 'sh').flatMap((block) => commandsOf(block).map((command) => `${block.document}: ${command}`))

  it.each([...new Set(commands)].filter((line) => !(line.slice(line.indexOf(': ') + 2) in NOT_RUN)))('%s', async (line) => {
    const command = line.slice(line.indexOf(': ') + 2)
    const [npx, name, ...args] = wordsOf(command)
    expect([npx, name], 'only npx depthmesh … is run; anything else needs its reason in NOT_RUN').toEqual(['npx', 'depthmesh'])
    const env = { DEPTHMESH_CACHE_DIR: project.path('cache') }
    if (args[0] === 'watch') await watchUntilReady(args, env)
    else expect(await runCli(args, project.root, env)).toMatchObject({ code: 0, stderr: expect.not.stringContaining('error') })
  })
})

/** `watch` never ends by itself: it is stopped, as by Ctrl-C, when it has baked. */
async function watchUntilReady(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(process.execPath, [bin, ...args], { cwd: project.root, env: { ...process.env, ...env } })
  let said = ''
  const code = await new Promise<number | null>((resolve) => {
    const hear = (text: Buffer) => {
      said += String(text)
      if (said.includes('Ctrl-C ends')) child.kill('SIGINT')
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.on('exit', resolve)
  })
  expect(code, said).toBe(0)
}

describe('the settings that the documents show', () => {
  const blocks = all.filter(({ language, file }) => language === 'json' && (file === '' || file.endsWith('.depth.json')))

  it.each(blocks.map((block) => [nameOf(block), block] as const))('%s', async (_, { code, document }) => {
    const settings = JSON.parse(code) as SettingsInput
    const { channel, encoding } = parseSettings([{ origin: document, settings }])
    // The channel of an EXR: test/core/depth/exr.test.ts reads those.
    if (channel !== null) return
    const tile = encoding === 'terrain-rgb' || encoding === 'terrarium'
    const depth = tile ? await rgb8(32, 24, (x, y) => [encoding === 'terrarium' ? 130 : 2, x, y]) : await gray16(32, 24, (x, y) => 0.2 + 0.6 * Math.sin(x / 9) * Math.cos(y / 7) ** 2)
    const { lods } = (await bakeDepthMesh({ name: 'map', depth, color: await rgb8(32, 24, (x) => [x * 8, 80, 20]) }, { settings })).manifest
    for (const { triangles } of lods) expect(triangles).toBeGreaterThan(0)
  })

  it('every other block of JSON is JSON', () => {
    for (const { language, code } of all) if (language === 'json') expect(() => JSON.parse(code) as unknown).not.toThrow()
  })
})

describe('the code that the documents show', () => {
  const blocks = all.filter(isCode)

  /** Blocks of one document that name their files make a project together; a file that is shown twice is shown in two sections, each a project of its own. */
  const folderOf = ({ document, section }: Block) => `${document.replace(/\W+/g, '-')}/${section.replace(/\W+/g, '-').toLowerCase()}`

  it('has a name for its file', () => {
    for (const block of all) if (CODE.includes(block.language)) expect(block.file, nameOf(block)).not.toBe('')
  })

  it('has the right types', async () => {
    for (const block of blocks) {
      if (block.language === 'html') continue
      // JavaScript is checked as TypeScript, whose inference the reader's editor uses too.
      const name = block.file.replace(/\.js(x?)$/, '.ts$1')
      const given = GIVEN[keyOf(block)]
      project.write({ [`typed/${name === block.file ? 'ts' : 'js'}/${folderOf(block)}/${name}`]: `${given ?? ''}${block.code}${/^(import|export)\b/m.test(block.code) ? '' : '\nexport {}\n'}` })
    }
    // React projects have @types/react-dom; this one has the types of React alone.
    project.write({ 'typed/ts/react-dom.d.ts': "declare module 'react-dom/client' {\n  import type { ReactNode } from 'react'\n  export function createRoot(container: Element): { render(node: ReactNode): void }\n}\n" })
    const compilerOptions = {
      target: 'ES2023',
      module: 'ESNext',
      moduleResolution: 'bundler',
      lib: ['ES2023', 'DOM', 'DOM.Iterable'],
      jsx: 'react-jsx',
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ['depthmesh/client', 'vite/client', 'node'],
    }
    for (const kind of ['ts', 'js']) {
      // A page in JavaScript does not prove that what may be null is not.
      const strictNullChecks = kind === 'ts'
      project.write({ [`typed/${kind}/tsconfig.json`]: JSON.stringify({ compilerOptions: { ...compilerOptions, strictNullChecks }, include: ['.'] }) })
      const output = await promisify(execFile)(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', `typed/${kind}`], { cwd: project.root }).then(
        () => '',
        ({ stdout }: { stdout: string }) => stdout,
      )
      expect(output).toBe('')
    }
  })

  it('runs in Node, where it is a script', async () => {
    const scripts = blocks.filter(({ code, language }) => language === 'js' && /from 'node:/.test(code))
    expect(scripts.length).toBeGreaterThan(0)
    for (const block of scripts) {
      project.write({ [block.file]: block.code })
      await promisify(execFile)(process.execPath, [block.file], { cwd: project.root })
    }
    expect(project.list('out').slice(0, 2)).toEqual(['canyon.html', 'canyon.lod0.glb'])
  })

  describeInBrowser('as a page', () => {
    /** Sections that show a whole program; what GIVEN declares for the README is built by test/package/packed.test.ts. */
    const pages = [...new Set(blocks.filter((block) => /^main\.\w+$/.test(block.file) && !(keyOf(block) in GIVEN)).map(folderOf))]
    let browser: Browser

    beforeAll(async () => {
      browser = await launchBrowser()
    })

    afterAll(() => browser.close())

    it('there are programs for each engine', () => {
      expect(pages).toEqual(expect.arrayContaining(['three-js', 'react-three-fiber', 'babylon-js', 'playcanvas'].map((name) => `docs-recipes-md/${name}`)))
    })

    it.each(pages)('%s draws the map, and fills windows that are wider and narrower than it', async (folder) => {
      const own = blocks.filter((block) => folderOf(block) === folder)
      const main = own.find(({ file }) => file.startsWith('main.'))!.file
      const at = (name: string) => `pages/${folder}/${name}`
      project.write(Object.fromEntries(own.map(({ file, code }) => [at(file), code])))
      for (const name of ['canyon', 'rock']) project.write({ [at(`${name}.depth.png`)]: project.bytes(`${name}.depth.png`), [at(`${name}.color.png`)]: project.bytes(`${name}.color.png`) })
      const config = own.find(({ file }) => file.startsWith('vite.config'))?.file ?? 'vite.config.js'
      const has = (name: string) => own.some(({ file }) => file === name)
      if (!has(config)) project.write({ [at(config)]: "import depthmesh from 'depthmesh/vite'\nexport default { plugins: [depthmesh()] }\n" })
      const canvas = own.some(({ code }) => code.includes("querySelector('canvas')")) ? '<canvas></canvas>' : ''
      if (!has('index.html')) project.write({ [at('index.html')]: `<!doctype html><body style="margin:0"><div id="root"></div>${canvas}<script type="module" src="./${main}"></script>` })
      const configFile = project.path('pages', folder, config)
      await project.vite.build({ root: project.path('pages', folder), configFile, logLevel: 'error', build: { chunkSizeWarningLimit: 1e5 } })
      const server = await project.vite.preview({ root: project.path('pages', folder), configFile, logLevel: 'error', preview: { port: 0, host: '127.0.0.1' } })
      try {
        const page = await browser.newPage({ viewport: { width: 400, height: 300 } })
        const errors: string[] = []
        page.on('pageerror', (error) => errors.push(error.message))
        await page.goto(server.resolvedUrls!.local[0])
        // Red grows to the right and green downward in the picture, so it is there when they do on the screen.
        const colors = async ({ x, y } = { x: 0.2, y: 0.15 }) => {
          const { data, info } = await sharp(await page.screenshot()).removeAlpha().raw().toBuffer({ resolveWithObject: true })
          const seen = (u: number, v: number) => [...data.subarray((Math.floor(v * info.height) * info.width + Math.floor(u * info.width)) * 3).subarray(0, 3)]
          return { left: seen(x, 0.5), right: seen(1 - x, 0.5), top: seen(0.5, y), bottom: seen(0.5, 1 - y) }
        }
        await expect.poll(async () => {
          const { left, right, top, bottom } = await colors()
          return right[0] - left[0] > 60 && bottom[1] - top[1] > 60
        }, { timeout: 30_000 }).toBe(true)
        // The picture's own edge on either side: an engine's background has one colour.
        await page.setViewportSize({ width: 640, height: 200 })
        await expect.poll(async () => {
          const { left, right } = await colors({ x: 0.02, y: 0.3 })
          return left[0] < 40 && right[0] > 200
        }, { message: 'left and right edge of a wide window', timeout: 30_000 }).toBe(true)
        await page.setViewportSize({ width: 200, height: 480 })
        await expect.poll(async () => {
          const { top, bottom } = await colors({ x: 0.2, y: 0.02 })
          return top[1] < 40 && bottom[1] > 200
        }, { message: 'top and bottom edge of a narrow window', timeout: 30_000 }).toBe(true)
        expect(errors).toEqual([])
        await page.close()
      } finally {
        await server.close()
      }
    })
  })
})
