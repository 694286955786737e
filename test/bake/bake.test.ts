import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import type { BakedAsset, BakeEvent, BakerOptions } from '../../src/bake/bake.js'
import type { Jobs } from '../../src/bake/jobs.js'
import { describeWithShared, sharedFolder } from '../support/shared.js'
import { createBaker } from '../support/dist.js'
import { temporaryFolder } from '../support/folder.js'
import { gray16, rgb8 } from '../support/maps.js'
import { hill } from '../support/project.js'

const small = { defaults: [{ origin: 'test', settings: { lods: [200, 50] } }] }

async function withBaker<T>(options: BakerOptions, use: (baker: ReturnType<typeof createBaker>) => Promise<T>): Promise<T> {
  const baker = createBaker({ ...small, ...options })
  try {
    return await use(baker)
  } finally {
    await baker.close()
  }
}
const bakeOnce = (map: string, options: BakerOptions): Promise<BakedAsset> => withBaker(options, (baker) => baker.bake(map))
const comparable = ({ manifest, files, dependencies, key, warnings }: BakedAsset) => ({ manifest, files: files.map(({ name, bytes }) => [name, Buffer.from(bytes).toString('base64')]), dependencies, key, warnings })

async function hillFolder(): Promise<string> {
  return temporaryFolder({ 'package.json': '{}', 'hill.depth.png': await hill(), 'hill.png': await rgb8(32, 32, (x, y) => [x, y, 0]) })
}

describe('a baker', () => {
  it('takes the second bake from the cache, and it cannot be told from the first', async () => {
    const folder = await hillFolder()
    const cache = { dir: join(folder, 'cache') }
    const miss = await bakeOnce('hill.depth.png', { root: folder, cache })
    const hit = await bakeOnce('hill.depth.png', { root: folder, cache, limits: { jobSeconds: 0.001 } })
    const without = await bakeOnce('hill.depth.png', { root: folder, cache: false })
    expect([miss.cached, hit.cached, without.cached]).toEqual([false, true, false])
    expect(comparable(hit)).toEqual(comparable(miss))
    expect(comparable(without)).toEqual(comparable(miss))
    expect(miss.manifest.lods.map(({ url }) => url)).toEqual(miss.files.map(({ name }) => name))
  })

  it('says that a map has lost its picture, as long as it has none and nobody meant it', async () => {
    const folder = await hillFolder()
    const picture = readFileSync(join(folder, 'hill.png'))
    await withBaker({ root: folder, cache: false }, async (baker) => {
      const bake = async () => {
        const { warnings, manifest } = await baker.bake('hill.depth.png')
        return { warnings, lit: manifest.material.lit }
      }
      const lost = 'hill.depth.png: has no colour picture any more (it was hill.png) and is baked without one, lit: a scene without lights shows it black. Put it back, or say "color": null in hill.depth.json if none is meant.'
      expect(await bake()).toEqual({ warnings: [], lit: false })
      rmSync(join(folder, 'hill.png'))
      expect(await bake()).toEqual({ warnings: [lost], lit: true })
      expect(await bake()).toEqual({ warnings: [lost], lit: true })
      writeFileSync(join(folder, 'hill.png'), picture)
      expect(await bake()).toEqual({ warnings: [], lit: false })
      rmSync(join(folder, 'hill.png'))
      writeFileSync(join(folder, 'hill.depth.json'), '{ "shading": "unlit" }')
      expect(await bake()).toEqual({ warnings: [lost.replace(', lit: a scene without lights shows it black', '')], lit: false })
      writeFileSync(join(folder, 'hill.depth.json'), '{ "color": null }')
      expect(await bake()).toEqual({ warnings: [], lit: true })
      rmSync(join(folder, 'hill.depth.json'))
      expect(await bake()).toEqual({ warnings: [], lit: true })
    })
  })

  it('has a key that knows bytes, settings and the name, and neither paths nor times', async () => {
    const first = await hillFolder()
    const second = await hillFolder()
    const key = async (folder: string, options: BakerOptions = {}, map = 'hill.depth.png'): Promise<string> => (await bakeOnce(map, { root: folder, cache: { dir: join(first, 'cache') }, ...options })).key
    const original = await key(first)
    expect(await key(second)).toBe(original)
    expect(await key(second, { root: '/', projectRoots: ['/'] }, join(second, 'hill.depth.png'))).toBe(original)
    writeFileSync(join(second, 'hill.depth.json'), '{}')
    expect(await key(second)).toBe(original)
    writeFileSync(join(second, 'hill.depth.json'), '{ "fovY": 45 }')
    expect(await key(second)).toBe(original)

    const different = new Set([original])
    for (const files of [{ 'hill.depth.json': '{ "fovY": 46 }' }, { 'hill.depth.png': await hill(0.9) }, { 'hill.png': await rgb8(32, 32, () => [1, 2, 3]) }, { 'hill.depth.json': '{ "color": null }' }]) {
      for (const [name, content] of Object.entries(files)) writeFileSync(join(second, name), content)
      different.add(await key(second))
    }
    writeFileSync(join(first, 'mount.depth.png'), await hill())
    different.add(await key(first, {}, 'mount.depth.png'))
    expect(different.size).toBe(6)
  })

  it('bakes once for callers who ask at the same time', async () => {
    const folder = await hillFolder()
    await withBaker({ root: folder, cache: { dir: join(folder, 'cache') } }, async (baker) => {
      const stop = new AbortController()
      const leaving = baker.bake('hill.depth.png', { signal: stop.signal }).catch((error: unknown) => String(error))
      const staying = [baker.bake('hill.depth.png'), baker.bake(join(folder, 'hill.depth.png'))]
      setTimeout(() => stop.abort(), 20)
      expect(await leaving).toBe('hill.depth.png: stopped.')
      const [a, b] = await Promise.all(staying)
      expect(a.cached).toBe(false)
      // The same job gave both.
      expect(a.files[0].bytes).toBe(b.files[0].bytes)
      // But what one of them makes of its manifest is no other's business.
      a.manifest.lods[0].url = '/meshes/hill.lod0.glb'
      expect(b.manifest.lods[0].url).toBe('hill.lod0.glb')
    })
  })

  it('tells every caller of a draft who asks for one, makes it once, and keeps it nowhere', async () => {
    const folder = await hillFolder()
    const cache = { dir: join(folder, 'cache') }
    const started: string[] = []
    await withBaker({ root: folder, cache, onBake: ({ state }) => void started.push(state) }, async (baker) => {
      const drafts: BakedAsset[] = []
      const onDraft = (draft: BakedAsset): void => void drafts.push(draft)
      const early: BakedAsset[] = []
      const bakes = [baker.bake('hill.depth.png', { onDraft }), baker.bake('hill.depth.png', { onDraft }), baker.bake('hill.depth.png'), baker.bake('hill.depth.png', { onDraft: (draft) => void early.push(draft), signal: AbortSignal.abort() }).catch(String)] as const
      const [whole, , , left] = await Promise.all(bakes)
      expect(left).toBe('hill.depth.png: stopped.')
      expect([drafts.length, early.length, started.length]).toEqual([2, 0, 2])
      for (const { manifest, files, key, cached } of drafts) {
        expect([manifest.draft, manifest.lods.map(({ url }) => url), files.map(({ name }) => name), key, cached]).toEqual([true, ['hill.draft.glb', 'hill.draft.glb'], ['hill.draft.glb'], whole.key, false])
      }
      expect([whole.manifest.draft, whole.files.length]).toEqual([undefined, 2])
      const hit = await baker.bake('hill.depth.png', { onDraft })
      expect([hit.cached, drafts.length, comparable(hit)]).toEqual([true, 2, comparable(whole)])
    })
    expect(comparable(await bakeOnce('hill.depth.png', { root: folder, cache: false }))).toEqual(comparable(await bakeOnce('hill.depth.png', { root: folder, cache })))
  })

  it('has many large maps wait, without a warning of Node about listeners', async () => {
    const names = Array.from({ length: 14 }, (_, i) => `empty${i}.depth.png`)
    const folder = temporaryFolder({ 'package.json': '{}', ...Object.fromEntries(names.map((name) => [name, ''])) })
    // Sparse files, too large for more than one of them to be held.
    for (const name of names) truncateSync(join(folder, name), 33 * 2 ** 20)
    const warnings: string[] = []
    const note = ({ message }: Error): number => warnings.push(message)
    process.on('warning', note)
    try {
      await withBaker({ root: folder, cache: false, limits: { maxFileBytes: 1e6 } }, async (baker) => {
        const results = await Promise.allSettled(names.map((name) => baker.bake(name)))
        for (const [i, result] of results.entries()) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'INPUT_TOO_LARGE', file: names[i] } })
      })
      // Node warns in a tick of its own.
      await new Promise((resolve) => setTimeout(resolve, 10))
    } finally {
      process.off('warning', note)
    }
    expect(warnings).toEqual([])
  })

  it('stops what nobody waits for any more, and can be asked for it again', async () => {
    const folder = await hillFolder()
    const stop = new AbortController()
    const states: string[] = []
    const onBake = ({ state }: BakeEvent): void => {
      states.push(state)
      stop.abort()
    }
    await withBaker({ root: folder, cache: false, onBake }, async (baker) => {
      await expect(baker.bake('hill.depth.png', { signal: stop.signal })).rejects.toMatchObject({ code: 'ABORTED' })
      await vi.waitFor(() => expect(states).toEqual(['started', 'failed']), { timeout: 10_000 })
      expect((await baker.bake('hill.depth.png')).files).toHaveLength(2)
    })
    expect(states.slice(2)).toEqual(['started', 'baked'])
  })

  it('leaves to all who wait with other bakers what it has begun, when it closes', async () => {
    const folder = temporaryFolder({ 'package.json': '{}', 'waves.depth.png': await gray16(320, 320, (x, y) => 0.5 + 0.25 * Math.sin(x / 9) + 0.25 * Math.cos(y / 7)) })
    const jobs: Jobs = new Map()
    const options: BakerOptions = { root: folder, cache: false, jobs, defaults: [{ origin: 'test', settings: { lods: [15_000, 1000, 200] } }] }
    const waitFor = (callers: number): Promise<unknown> => vi.waitFor(() => expect([...jobs.values()].map((job) => job.callers)).toEqual([callers]), { timeout: 10_000, interval: 1 })
    await withBaker(options, async (staying) => {
      const leaving = createBaker(options)
      const stopped = leaving.bake('waves.depth.png').catch(String)
      await waitFor(1)
      const waiting = [1, 2].map(() => staying.bake('waves.depth.png'))
      await waitFor(3)
      await leaving.close()
      expect(await stopped).toBe('waves.depth.png: stopped.')
      const [one, other] = await Promise.all(waiting)
      expect(one.files).toHaveLength(3)
      expect(other.files[0].bytes).toBe(one.files[0].bytes)
    })
    expect(jobs.size).toBe(0)
  })

  it('names the file at fault as the caller names the map', async () => {
    const folder = temporaryFolder({ 'package.json': '{}', 'art/a.depth.png': await hill(), 'art/a.png': 'no picture', 'art/b.depth.png': 'no map', 'art/c.depth.png': await hill(), 'art/c.depth.json': '{ "near": 0 }' })
    await withBaker({ root: folder, cache: false }, async (baker) => {
      const refusal = async (map: string): Promise<string> => String(await baker.bake(map).catch((error: unknown) => error))
      expect(await refusal('art/a.depth.png')).toMatch(/^art\/a\.png: expected /)
      expect(await refusal('art/b.depth.png')).toMatch(/^art\/b\.depth\.png: expected /)
      expect(await refusal('art/c.depth.png')).toMatch(/^art\/c\.depth\.json:1:3: near: expected > 0, got 0/)
      expect(await refusal(join(folder, 'art/b.depth.png'))).toContain(`${folder}/art/b.depth.png: expected `)
      expect(baker.dependencies('art/c.depth.png').present).toContain(join(folder, 'art/c.depth.json'))
    })
    // A flag is no file.
    await expect(bakeOnce('art/b.depth.png', { root: folder, cache: false, overrides: [{ origin: '--near', settings: { near: 0 } }] })).rejects.toMatchObject({ code: 'SETTINGS_INVALID', file: '--near' })
  })

  it('keeps to its limits, also where an entry of the cache was made under higher ones', async () => {
    const folder = await hillFolder()
    const cache = { dir: join(folder, 'cache') }
    await bakeOnce('hill.depth.png', { root: folder, cache })
    for (const limits of [{ maxPixels: 1000 }, { maxFileBytes: 100 }]) {
      await expect(bakeOnce('hill.depth.png', { root: folder, cache, limits })).rejects.toMatchObject({ code: 'INPUT_TOO_LARGE', file: 'hill.depth.png' })
    }
  })

  it('does not clean again when the budgets change, and cannot be told from one that did', async () => {
    // 8 bits stretched to 16: the terraces are smoothed, which is worth keeping.
    const terraces = await gray16(64, 64, (x, y) => Math.round(40 + 8 * Math.sin(x / 20) + 8 * Math.cos(y / 17)) / 255)
    const folder = temporaryFolder({ 'package.json': '{}', 'steps.depth.png': terraces })
    const settings = (lods: number[]) => [{ origin: 'test', settings: { lods, clean: { bands: true } } }]
    const entries = () => readdirSync(join(folder, 'cache')).filter((name) => name.endsWith('.bake')).length
    const first = await bakeOnce('steps.depth.png', { root: folder, cache: { dir: 'cache' }, defaults: settings([500, 100]) })
    expect(first.manifest.preflight.cleaned?.map(({ step }) => step)).toEqual(['bands'])
    expect(entries()).toBe(2)
    const second = await bakeOnce('steps.depth.png', { root: folder, cache: { dir: 'cache' }, defaults: settings([400, 50]) })
    expect(second.cached).toBe(false)
    expect(entries()).toBe(3)
    expect(comparable(second)).toEqual(comparable(await bakeOnce('steps.depth.png', { root: folder, cache: false, defaults: settings([400, 50]) })))
    // What was prepared under a higher limit is no way around a lower one.
    const limited = bakeOnce('steps.depth.png', { root: folder, cache: { dir: 'cache' }, defaults: settings([300, 50]), limits: { maxPixels: 64 * 64 - 1 } })
    await expect(limited).rejects.toMatchObject({ code: 'INPUT_TOO_LARGE', file: 'steps.depth.png' })
  })

  it('tells of trouble with the cache once, and bakes', async () => {
    const folder = await hillFolder()
    writeFileSync(join(folder, 'file'), '')
    const warnings: string[] = []
    await withBaker({ root: folder, cache: { dir: 'file/cache' }, onWarning: (message) => warnings.push(message) }, async (baker) => {
      expect((await baker.bake('hill.depth.png')).cached).toBe(false)
      expect((await baker.bake('hill.depth.png')).cached).toBe(false)
    })
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain('cannot be written')
  })

  it('knows the files of a map while it looks at them again', async () => {
    const folder = await hillFolder()
    await withBaker({ root: folder, cache: false }, async (baker) => {
      await baker.bake('hill.depth.png')
      const files = baker.dependencies('hill.depth.png')
      expect(files.present).toHaveLength(2)
      const again = baker.bake('hill.depth.png')
      expect(baker.dependencies('hill.depth.png')).toEqual(files)
      await again
    })
  })

  it('leaves the sources as they are', async () => {
    const folder = await hillFolder()
    const state = () => ['hill.depth.png', 'hill.png'].map((name) => [statSync(join(folder, name)).mtimeMs, readFileSync(join(folder, name)).toString('base64')])
    const before = state()
    await bakeOnce('hill.depth.png', { root: folder, cache: { dir: 'cache' } })
    expect(state()).toEqual(before)
    expect(readdirSync(folder).sort()).toEqual(['cache', 'hill.depth.png', 'hill.png', 'package.json'])
  })
})

describeWithShared('a baker on real maps', () => {
  it('gives the same bytes from worker and cache', async () => {
    const cache = { dir: join(temporaryFolder(), 'cache') }
    const map = join(sharedFolder, 'data', 'cones.depth.png')
    const options = { cache, defaults: [{ origin: 'test', settings: { lods: [5000, 500] } }] }
    expect(comparable(await bakeOnce(map, options))).toEqual(comparable(await bakeOnce(map, { ...options, limits: { jobSeconds: 0.001 } })))
  })
})
