import { mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import sharp from 'sharp'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { SourceFile } from '../../src/bake/source-file.js'
import { SourceLog } from '../../src/bake/source-log.js'
import { assetNames, readSources, type SourceOptions } from '../../src/bake/sources.js'
import { temporaryFolder } from '../support/folder.js'
import { gray16 } from '../support/maps.js'

function read(folder: string, options: Partial<SourceOptions> = {}, map = 'hill.depth.png', log?: SourceLog) {
  return readSources(join(folder, map), { projectRoots: [folder], maxFileBytes: 1e6, patient: false, ...options }, log)
}

const refusal = async (...parameters: Parameters<typeof read>): Promise<string> => {
  const error: unknown = await read(...parameters).catch((error: unknown) => error)
  expect(error).toHaveProperty('code')
  return String(error).replaceAll(parameters[0], '.')
}
const text = async (file: SourceFile | null): Promise<string | null> => (file === null ? null : Buffer.from(await file.bytes()).toString())

describe('names', () => {
  it('takes the stem of a map for its companions', () => {
    expect(assetNames('art/hill.depth.png')).toEqual({ name: 'hill', folder: 'art', sidecar: join('art', 'hill.depth.json') })
    expect(assetNames('a.b.depth.tiff').name).toBe('a.b')
    expect(assetNames('height.exr').name).toBe('height')
  })
})

describe('companions', () => {
  it('prefers .color.* to the bare stem, and png to the rest', async () => {
    const folder = temporaryFolder({ 'hill.depth.png': 'map', 'hill.png': 'bare', 'hill.color.webp': 'webp', 'hill.color.jpg': 'jpg' })
    const { color, warnings, name } = await read(folder)
    expect(name).toBe('hill')
    expect(await text(color)).toBe('jpg')
    expect(warnings).toEqual(['hill.depth.png: hill.color.jpg is used as the colour picture; hill.color.webp is not. Keep one, or name it with "color" in hill.depth.json.'])
  })

  it('falls back to the bare stem, in any case and any Unicode form', async () => {
    const folder = temporaryFolder({ 'H\u00fcgel.depth.png': 'map', 'Hu\u0308gel.PNG': 'bare' })
    expect(await text((await read(folder, {}, 'H\u00fcgel.depth.png')).color)).toBe('bare')
  })

  it('finds the settings in any Unicode form, and hears of those in the usual one', async () => {
    const folder = temporaryFolder({ 'H\u00fcgel.depth.png': 'map', 'Hu\u0308gel.depth.json': '{ "near": 3 }' })
    const log = new SourceLog()
    expect((await read(folder, {}, 'H\u00fcgel.depth.png', log)).settings.near).toBe(3)
    expect(log.dependencies.present).toContain(join(folder, 'Hu\u0308gel.depth.json'))
    writeFileSync(join(folder, 'H\u00fcgel.depth.json'), '{ "near": 4 }')
    expect(log.isStale()).toBe(true)
    expect((await read(folder, {}, 'H\u00fcgel.depth.png')).settings.near).toBe(4)
  })

  // (macOS and Windows tell no names apart by their capitals.)
  it.runIf(process.platform === 'linux')('gives each of two maps its own files where capitals alone tell them apart', async () => {
    const names = ['rock', 'Rock', 'ROCK']
    const folder = temporaryFolder(Object.fromEntries(names.flatMap((name) => [[`${name}.depth.png`, 'map'], [`${name}.color.png`, name]])))
    for (const name of names) expect(await text((await read(folder, {}, `${name}.depth.png`)).color)).toBe(name)
    const bare = temporaryFolder({ 'rock.depth.png': 'map', 'Rock.depth.png': 'map', 'Rock.color.png': 'Rock', 'Rock.depth.json': '{ "near": 3 }' })
    const { color, settings } = await read(bare, {}, 'rock.depth.png')
    expect([color, settings.near]).toEqual([null, 1])
  })

  it('never takes the map itself for its picture', async () => {
    const folder = temporaryFolder({ 'hill.png': 'map' })
    expect((await read(folder, {}, 'hill.png')).color).toBeNull()
  })

  it('knows what was read and what would matter if it appeared', async () => {
    const folder = temporaryFolder({ 'hill.depth.png': 'map', 'hill.color.jpg': 'jpg' })
    const log = new SourceLog()
    await read(folder, {}, 'hill.depth.png', log)
    expect(log.dependencies.present).toEqual([join(folder, 'hill.depth.png'), join(folder, 'hill.color.jpg')])
    expect(log.dependencies.missing).toContain(join(folder, 'hill.depth.json'))
    expect(log.dependencies.missing).toContain(join(folder, 'hill.color.png'))
    expect(log.dependencies.missing).not.toContain(join(folder, 'hill.png'))
    expect(await log.isStale()).toBe(false)
    writeFileSync(join(folder, 'hill.color.png'), 'png')
    expect(await log.isStale()).toBe(true)
  })

  it('finds a companion that appears in a folder that nobody had touched for long', async () => {
    const folder = temporaryFolder({ 'hill.depth.png': 'map' })
    utimesSync(folder, new Date('2020-01-01'), new Date('2020-01-01'))
    expect((await read(folder)).color).toBeNull()
    writeFileSync(join(folder, 'hill.png'), 'picture')
    expect(await text((await read(folder)).color)).toBe('picture')
    renameSync(join(folder, 'hill.png'), join(folder, 'hill.color.png'))
    expect(await text((await read(folder)).color)).toBe('picture')
  })

  it('takes no picture when color is null', async () => {
    const folder = temporaryFolder({ 'hill.depth.png': 'map', 'hill.png': 'bare', 'hill.depth.json': '{ "color": null }' })
    expect((await read(folder)).color).toBeNull()
  })

  it('finds the picture that the sidecar names, relative to the sidecar', async () => {
    const folder = temporaryFolder({ 'art/hill.depth.png': 'map', 'art/hill.depth.json': '{ "color": "../photos/a.jpg" }', 'photos/a.jpg': 'photo' })
    expect(await text((await read(folder, {}, 'art/hill.depth.png')).color)).toBe('photo')
  })

  it('lays the sidecar over the defaults and the flags over the sidecar', async () => {
    const folder = temporaryFolder({ 'hill.depth.png': 'map', 'hill.depth.json': '{ "fovY": 60, "near": 2 }' })
    const { settings } = await read(folder, { defaults: [{ origin: 'plugin options', settings: { fovY: 30, far: 50 } }], overrides: [{ origin: '--near', settings: { near: 3 } }] })
    expect(settings).toMatchObject({ fovY: 60, far: 50, near: 3 })
  })
})

describe('refusals of sources', () => {
  it('suggests a name for a missing map', async () => {
    expect(await refusal(temporaryFolder({ 'hill2.depth.png': 'map' }))).toBe('./hill.depth.png: expected a depth map, found no file. Did you mean hill2.depth.png?')
    // Its own companions, and another map's, are nearest by name, but no maps.
    const companions = { 'hill.depth.json': '{}', 'hill.color.png': 'color', 'hill.png': 'color', 'hill.depth.jpg': 'map' }
    expect(await refusal(temporaryFolder(companions))).toBe('./hill.depth.png: expected a depth map, found no file. Check its name.')
  })

  it('names the sidecar and the place in it', async () => {
    const folder = temporaryFolder({ 'hill.depth.png': 'map', 'hill.depth.json': '{\n  "near": 1,\n  "fovy": 60\n}' })
    expect(await refusal(folder)).toBe('./hill.depth.json:3:3: unknown key "fovy". Did you mean "fovY"?')
    // As some editors save it.
    writeFileSync(join(folder, 'hill.depth.json'), '\uFEFF{ "fovy": 60 }')
    expect(await refusal(folder)).toBe('./hill.depth.json:1:3: unknown key "fovy". Did you mean "fovY"?')
    writeFileSync(join(folder, 'hill.depth.json'), '\uFEFF{ near: 1 }')
    expect(await refusal(folder)).toMatch(/^\.\/hill\.depth\.json:1:3: expected a key or }, found near/)
    writeFileSync(join(folder, 'hill.depth.json'), '{\n  "texture": { "size": "big" }\n}')
    expect(await refusal(folder)).toMatch(/^\.\/hill\.depth\.json:2:16: texture\.size: expected a whole number, got "big"/)
    writeFileSync(join(folder, 'hill.depth.json'), '{\n  "texture": { "fovy": 3 },\n  "white": "near",\n  "fovy": 60,\n  "near": -1,\n  "levels": [0, 3]\n}')
    expect((await refusal(folder)).split('\n')).toEqual([
      './hill.depth.json:2:16: 4 faults:',
      '  2:16: unknown key "texture.fovy". Known keys: format, quality, size.',
      '  4:3: unknown key "fovy". Did you mean "fovY"?',
      '  5:3: near: expected > 0, got -1. near: metres of the nearest level (perspective; unused by `metric`).',
      '  6:17: levels.1: expected 0..1, got 3. levels: `[black, white]` points in 0..1 that are stretched to the full range.',
    ])
    writeFileSync(join(folder, 'hill.depth.json'), '{ "near": 1, }')
    expect(await refusal(folder)).toBe('./hill.depth.json:1:14: found a comma before }. Remove the last comma.')
    writeFileSync(join(folder, 'hill.depth.json'), Buffer.from([0x7b, 0xff, 0xfe, 0x7d]))
    expect(await refusal(folder)).toBe('./hill.depth.json: expected UTF-8 text. Save it as UTF-8.')
  })

  it.each(['../secret.png', '/etc/hostname', 'art/../../secret.png', 'link.png', 'linked/secret.png', '..'])('lets color %j not leave the project', async (color) => {
    const outside = temporaryFolder({ 'secret.png': 'secret', 'game/hill.depth.png': 'map' })
    const folder = join(outside, 'game')
    writeFileSync(join(folder, 'hill.depth.json'), JSON.stringify({ color }))
    symlinkSync(join(outside, 'secret.png'), join(folder, 'link.png'))
    symlinkSync(outside, join(folder, 'linked'))
    expect(await refusal(folder)).toBe(`./hill.depth.json: color: expected a picture inside the project, got ${JSON.stringify(color)}. Copy the picture into the project.`)
  })

  it('says which picture is missing', async () => {
    const folder = temporaryFolder({ 'hill.depth.png': 'map', 'photo.jpg': 'photo', 'hill.depth.json': '{ "color": "phot.jpg" }' })
    const log = new SourceLog()
    expect(await refusal(folder, {}, 'hill.depth.png', log)).toBe('./hill.depth.json: color: expected a picture at phot.jpg, found no file. Did you mean photo.jpg?')
    expect(log.dependencies.missing).toContain(join(folder, 'phot.jpg'))
    writeFileSync(join(folder, 'hill.depth.json'), '{ "color": "hill.dept.png" }')
    expect(await refusal(folder)).toMatch(/found no file\. Check its name\.$/)
  })

  it('refuses files that are too large without reading them', async () => {
    expect(await refusal(temporaryFolder({ 'hill.depth.png': Buffer.alloc(2_000_000) }))).toBe('./hill.depth.png: expected at most 1.0 MB, found 2.0 MB. Shrink it, or raise limits.maxFileBytes.')
  })

  it('refuses a folder that is called like a map', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'hill.depth.png'))
    expect(await refusal(folder)).toBe('./hill.depth.png: cannot be read (EISDIR). Check that it is a file and that you may read it.')
  })

  it('asks for leave for the map, the sidecar and the picture, as written and where links lead', async () => {
    const outside = temporaryFolder({ 'secret.depth.png': 'map', 'secret.json': '{}', 'secret.png': 'picture', 'game/hill.depth.png': 'map' })
    const folder = join(outside, 'game')
    const mayRead = (path: string): boolean => path.startsWith(join(folder, '/'))
    symlinkSync(join(outside, 'secret.depth.png'), join(folder, 'a.depth.png'))
    expect(await refusal(folder, { mayRead }, 'a.depth.png')).toMatch(/^\.\/a\.depth\.png: lies outside of the folders that may be served/)
    expect(await refusal(folder, { mayRead }, '../secret.depth.png')).toContain('lies outside')
    expect(await refusal(folder, { mayRead }, '../not-there.depth.png')).toContain('lies outside')
    symlinkSync(join(outside, 'secret.json'), join(folder, 'hill.depth.json'))
    expect(await refusal(folder, { mayRead })).toContain('./hill.depth.json: lies outside')
    renameSync(join(folder, 'hill.depth.json'), join(folder, 'other'))
    symlinkSync(join(outside, 'secret.png'), join(folder, 'hill.png'))
    expect(await refusal(folder, { mayRead })).toContain('./hill.png: lies outside')
  })
})

describe('files that are being written', () => {
  const patient = { patient: true }
  const picture = (format: 'png' | 'jpeg' | 'webp' | 'tiff'): Promise<Buffer> => sharp({ create: { width: 32, height: 32, channels: 3, background: '#246' } }).toFormat(format).toBuffer()

  it('waits for the end of a sidecar, and for a map that is deleted and written anew', async () => {
    const folder = temporaryFolder({ 'hill.depth.json': '{ "near": ' })
    const reading = read(folder, patient)
    await sleep(100)
    writeFileSync(join(folder, 'hill.depth.png'), await gray16(4, 4, () => 0.5))
    await sleep(100)
    writeFileSync(join(folder, 'hill.depth.json'), '{ "near": 2 }')
    expect((await reading).settings.near).toBe(2)
  })

  it('takes an old file as it is, at once', async () => {
    const whole = await gray16(16, 16, (x) => x / 16)
    const folder = temporaryFolder({ 'hill.depth.png': whole.subarray(0, 60) })
    const lastYear = new Date(Date.now() - 1e10)
    utimesSync(join(folder, 'hill.depth.png'), lastYear, lastYear)
    const result = await Promise.race([read(folder, patient), sleep(1000, null)])
    expect(await result?.depth.bytes()).toHaveLength(60)
  })

  it.each([
    ['a PNG', picture('png'), (whole: Buffer) => whole.subarray(0, -1)],
    ['a JPEG', picture('jpeg'), (whole: Buffer) => Buffer.concat([whole.subarray(0, -2), Buffer.of(0, 0xd9)])],
    ['a WebP', picture('webp'), (whole: Buffer) => whole.subarray(0, -1)],
    ['a TIFF whose end is only made room for', picture('tiff'), (whole: Buffer) => Buffer.concat([whole.subarray(0, 20), Buffer.alloc(600)])],
    ['a file that is empty yet', picture('tiff'), () => Buffer.alloc(0)],
  ])('waits for the end of %s as long as it is young, and for nothing where it is whole', async (_what, made, partOf) => {
    const whole = await made
    // As if no time passed: it stays young.
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const folder = temporaryFolder({ 'hill.depth.png': whole })
    expect(Buffer.from(await (await read(folder, patient)).depth.bytes())).toEqual(whole)
    writeFileSync(join(folder, 'hill.depth.png'), partOf(whole))
    const reading = read(folder, patient)
    expect(await Promise.race([reading, sleep(150, 'waits')])).toBe('waits')
    writeFileSync(join(folder, 'hill.depth.png'), whole)
    expect(Buffer.from(await (await reading).depth.bytes())).toEqual(whole)
  })

  it('waits for nothing where a sidecar is whole, with a byte order mark too', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const folder = temporaryFolder({ 'hill.depth.png': await picture('png'), 'hill.depth.json': '\uFEFF{ "near": 2 }' })
    expect((await read(folder, patient)).settings.near).toBe(2)
  })

  it('gives up on a file that stays unfinished', async () => {
    const folder = temporaryFolder({ 'hill.depth.png': 'no picture', 'hill.depth.json': '{' })
    expect(await refusal(folder, patient)).toContain('hill.depth.json:1:2: expected a key or }')
  })
})
