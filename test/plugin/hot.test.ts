import { rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { DevEnvironment, EnvironmentModuleNode } from 'vite'
import type { BakedAsset, Baker } from '../../src/bake/bake.js'
import { createLiveMaps, modulesToUpdate } from '../../src/plugin/hot.js'
import { temporaryFolder } from '../support/folder.js'

/* Orders of events that no page and no watcher can be made to give. */

/** A bake that was asked for. */
interface Asked {
  map: string
  signal: AbortSignal
  draft: ((draft: BakedAsset) => void) | undefined
  done: (whole: BakedAsset) => void
  fail: (error: Error) => void
}

const [page, worker] = ['page', 'worker'] as unknown as DevEnvironment[]
const asset = (key: string, draft?: true): BakedAsset => ({ key, manifest: { draft } }) as unknown as BakedAsset
const settle = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve))
/** What a promise has come to by now. */
const stateOf = async (promise: Promise<BakedAsset>): Promise<string> => Promise.race([promise.then(({ key, manifest }) => (manifest.draft ? `${key} draft` : key), (error: Error) => error.message), settle().then(() => 'waits')])

let folder: string
let stale: boolean
let listened: boolean
let asked: Asked[]
let wholes: string[]
let changedAgain: string[]

const pathOf = (name: string): string => join(folder, name)
function open(): ReturnType<typeof createLiveMaps> {
  const bake: Baker['bake'] = (map, { signal, onDraft } = {}) =>
    new Promise((done, fail) => {
      signal?.addEventListener('abort', () => fail(new Error('stopped')))
      asked.push({ map, signal: signal!, draft: onDraft, done, fail })
    })
  const dependencies = (map: string) => ({ present: [map, pathOf('H\u00fcgel.PNG')], missing: [map.replace(/png$/, 'json')] })
  return createLiveMaps({ bake, dependencies, isStale: () => stale } as unknown as Baker, {
    isListened: () => listened,
    onChangedAgain: (file) => changedAgain.push(file),
    onWhole: (map, takers) => wholes.push(`${map.slice(folder.length + 1)} for ${takers.join()}`),
  })
}

beforeEach(() => {
  folder = temporaryFolder({ 'hill.depth.png': 'one', 'lake.depth.png': 'one', 'H\u00fcgel.PNG': 'one' })
  ;[stale, listened, asked, wholes, changedAgain] = [true, true, [], [], []]
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => void vi.useRealTimers())

/** A map that was loaded once, and then edited. */
async function edited(): Promise<ReturnType<typeof createLiveMaps>> {
  const live = open()
  const first = live.load(pathOf('hill.depth.png'), page)
  asked[0].done(asset('one'))
  await first
  live.noticed(pathOf('hill.depth.png'))
  return live
}

it('bakes once for all who ask meanwhile, and anew for who asks afterwards', async () => {
  const live = open()
  const both = [live.load(pathOf('hill.depth.png'), page), live.load(pathOf('hill.depth.png'))]
  expect(asked).toHaveLength(1)
  asked[0].done(asset('one'))
  expect(await Promise.all(both.map(stateOf))).toEqual(['one', 'one'])
  void live.load(pathOf('hill.depth.png'), page)
  expect(asked).toHaveLength(2)
})

it('asks for drafts of edits alone, and for who listens', async () => {
  const live = await edited()
  expect(asked[0].draft).toBeUndefined()
  void live.load(pathOf('hill.depth.png'), page)
  expect(asked[1].draft).toBeDefined()
  listened = false
  live.noticed(pathOf('hill.depth.png'))
  await settle()
  expect(asked[2].draft).toBeUndefined()
})

it('gives the draft to pages and the whole to others, and then tells of the whole those who had the draft', async () => {
  const live = await edited()
  const shown = live.load(pathOf('hill.depth.png'), page)
  const rendered = live.load(pathOf('hill.depth.png'))
  asked[1].draft!(asset('two', true))
  expect([await stateOf(shown), await stateOf(rendered)]).toEqual(['two draft', 'waits'])
  expect(await stateOf(live.load(pathOf('hill.depth.png'), worker))).toBe('two draft')
  asked[1].done(asset('two'))
  expect(await stateOf(rendered)).toBe('two')
  expect(wholes).toEqual(['hill.depth.png for page,worker'])
  // Each gets what is there already, the last as well as the first.
  expect([await stateOf(live.load(pathOf('hill.depth.png'), page)), await stateOf(live.load(pathOf('hill.depth.png'), worker))]).toEqual(['two', 'two'])
  expect(asked).toHaveLength(2)
  void live.load(pathOf('hill.depth.png'), page)
  expect(asked).toHaveLength(3)
})

it('gives no draft of what was saved as it was', async () => {
  const live = await edited()
  const shown = live.load(pathOf('hill.depth.png'), page)
  asked[1].draft!(asset('one', true))
  expect(await stateOf(shown)).toBe('waits')
  asked[1].done(asset('one'))
  expect(await stateOf(shown)).toBe('one')
  expect(wholes).toEqual([])
})

it('tells of a whole that failed, which who asks then is told', async () => {
  const live = await edited()
  const shown = live.load(pathOf('hill.depth.png'), page)
  asked[1].draft!(asset('two', true))
  await shown
  asked[1].fail(new Error('no mesh'))
  await settle()
  expect(wholes).toEqual(['hill.depth.png for page'])
  expect(await stateOf(live.load(pathOf('hill.depth.png'), page))).toBe('no mesh')
  expect(asked).toHaveLength(2)
})

it('starts over with an edit, stops what it overtook, and gives nobody what came of that', async () => {
  const live = await edited()
  const shown = live.load(pathOf('hill.depth.png'), page)
  const { signal, done } = asked[1]
  done(asset('two'))
  live.noticed(pathOf('hill.depth.png'))
  expect(signal.aborted).toBe(true)
  expect(await stateOf(shown)).toBe('waits')
  expect(asked).toHaveLength(3)
  asked[2].done(asset('three'))
  expect(await stateOf(shown)).toBe('three')
  expect(wholes).toEqual([])
})

it('starts over after a failure that an edit overtook', async () => {
  const live = await edited()
  const shown = live.load(pathOf('hill.depth.png'), page)
  asked[1].fail(new Error('half a map'))
  live.noticed(pathOf('hill.depth.png'))
  expect(await stateOf(shown)).toBe('waits')
  asked[2].done(asset('three'))
  expect(await stateOf(shown)).toBe('three')
})

it('forgets a draft with the edit that overtakes it: who asks waits for the newer one, and nobody is told of a whole that he will not be given', async () => {
  const live = await edited()
  const before = live.load(pathOf('hill.depth.png'), page)
  asked[1].draft!(asset('two', true))
  await before
  live.noticed(pathOf('hill.depth.png'))
  await settle()
  const after = live.load(pathOf('hill.depth.png'), worker)
  expect(await stateOf(after)).toBe('waits')
  asked[2].draft!(asset('three', true))
  expect(await stateOf(after)).toBe('three draft')
  asked[2].done(asset('three'))
  await settle()
  expect(wholes).toEqual(['hill.depth.png for worker'])
})

it('has who waits wait on through one edit after the other', async () => {
  const live = await edited()
  const before = live.load(pathOf('hill.depth.png'), page)
  asked[1].draft!(asset('two', true))
  await before
  live.noticed(pathOf('hill.depth.png'))
  const waiting = live.load(pathOf('hill.depth.png'), worker)
  live.noticed(pathOf('hill.depth.png'))
  await settle()
  asked[2].done(asset('three'))
  expect(await stateOf(waiting)).toBe('three')
})

it('tells of a failure who waits for the whole, though nobody waits for a draft', async () => {
  const live = open()
  const rendered = live.load(pathOf('hill.depth.png'))
  asked[0].fail(new Error('no mesh'))
  expect(await stateOf(rendered)).toBe('no mesh')
  await settle()
  void live.load(pathOf('hill.depth.png'))
  expect(asked).toHaveLength(2)
})

it('bakes anew where an edit comes after a whole that nobody has fetched yet', async () => {
  const live = await edited()
  const before = live.load(pathOf('hill.depth.png'), page)
  asked[1].draft!(asset('two', true))
  await before
  asked[1].done(asset('two'))
  await settle()
  live.noticed(pathOf('hill.depth.png'))
  const after = live.load(pathOf('hill.depth.png'), page)
  expect(asked).toHaveLength(3)
  asked[2].done(asset('three'))
  expect(await stateOf(after)).toBe('three')
})

it('knows the maps of a file by what they stand on, there or not, in any case and any Unicode form', async () => {
  const live = open()
  for (const name of ['hill', 'lake']) void live.load(pathOf(`${name}.depth.png`))
  const owners = (name: string): string[] => live.ownersOf(pathOf(name)).map((map) => map.slice(folder.length + 1))
  expect(owners('hill.depth.json')).toEqual(['hill.depth.png'])
  for (const name of ['h\u00fcgel.png', 'Hu\u0308gel.PNG']) expect(owners(name)).toEqual(['hill.depth.png', 'lake.depth.png'])
  expect(owners('lake.depth.png')).toEqual(['lake.depth.png'])
  expect(owners('other.png')).toEqual([])
  live.noticed(pathOf('hill.depth.json'))
  expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, false])
})

it('looks again for a last write that came without an event, and tells of it where a bake has not seen it', async () => {
  const live = await edited()
  vi.runAllTimers()
  expect(changedAgain).toEqual([])
  live.noticed(pathOf('hill.depth.png'))
  writeFileSync(pathOf('hill.depth.png'), 'another')
  vi.runAllTimers()
  expect(changedAgain).toEqual([pathOf('hill.depth.png')])
  stale = false
  live.noticed(pathOf('hill.depth.png'))
  rmSync(pathOf('hill.depth.png'))
  vi.runAllTimers()
  expect(changedAgain).toHaveLength(1)
})

it('looks again once for the last of several events', async () => {
  const live = await edited()
  for (const seconds of [1, 2, 3]) {
    live.noticed(pathOf('hill.depth.png'))
    utimesSync(pathOf('hill.depth.png'), seconds, seconds)
  }
  vi.runAllTimers()
  expect(changedAgain).toHaveLength(1)
})

it('stops what it bakes and looks at nothing any more when it closes', async () => {
  const live = await edited()
  const shown = live.load(pathOf('hill.depth.png'), page)
  writeFileSync(pathOf('hill.depth.png'), 'another')
  live.close()
  expect(await stateOf(shown)).toBe('stopped')
  vi.runAllTimers()
  expect(changedAgain).toEqual([])
})

it('updates the module of a map whose settings changed, not those of its picture, which Vite finds where that changed', () => {
  const module = (id: string | null) => ({ id, importers: new Set(), isSelfAccepting: true }) as unknown as EnvironmentModuleNode
  const [map, picture, broken] = [module('/hill.depth.png'), module('/hill.depth.png?url'), module(null)]
  const invalidated: EnvironmentModuleNode[] = []
  const moduleGraph = { getModulesByFile: (file: string) => (file === '/hill.depth.png' ? new Set([map, picture, broken]) : undefined), invalidateModule: (module: EnvironmentModuleNode) => invalidated.push(module) }
  // The other map is one that this environment has not loaded.
  const update = (found: EnvironmentModuleNode[]) => modulesToUpdate({ moduleGraph } as unknown as DevEnvironment, ['/hill.depth.png', '/lake.depth.png'], found, (id) => id === map.id)
  expect(update([])).toEqual([map])
  expect(invalidated).toEqual([map])
  expect(update([picture, broken])).toEqual([picture, map])
})
