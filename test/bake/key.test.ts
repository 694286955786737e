import { expect, it } from 'vitest'
import { bakeKey, mapKey } from '../../src/bake/key.js'
import { shapeSources } from '../../src/bake/shape-sources.js'
import { readFile } from '../../src/bake/source-file.js'
import type { Sources } from '../../src/bake/sources.js'
import { parseSettings, type SettingsInput } from '../../src/core/options.js'

const tools = { depthmesh: '1', code: 'a', sharp: '1', libvips: '1', meshoptimizer: '1', gltfTransform: '1', ktx2Encoder: '1' }
const sourcesWith = (settings: SettingsInput): Sources => ({
  name: 'hill',
  depth: readFile(Uint8Array.of(1, 2, 3)),
  color: null,
  settings: parseSettings([{ origin: 'hill.depth.json', settings }]),
  files: { depth: 'hill.depth.png', color: null, sidecar: 'hill.depth.json' },
  warnings: [],
})

it('is the same in whatever order the settings stand', async () => {
  const one = sourcesWith({ clean: { noise: true, holes: false }, levels: [0, 0.5] })
  const other = sourcesWith({ levels: [0, 0.5], clean: { holes: false, noise: true } })
  expect(await bakeKey(one, tools)).toBe(await bakeKey(other, tools))
  expect(await mapKey(one, tools)).toBe(await mapKey(other, tools))
  expect(await bakeKey(one, tools)).not.toBe(await mapKey(one, tools))
})

it('is another with each tool of another version', async () => {
  const sources = sourcesWith({})
  const keys = await Promise.all([tools, ...Object.keys(tools).map((name) => ({ ...tools, [name]: 'another' }))].flatMap((tools) => [bakeKey(sources, tools), mapKey(sources, tools)]))
  expect(new Set(keys).size).toBe(keys.length)
})

it('tells shapes apart that are alike in all but their size in pixels', async () => {
  const [small, large] = [64, 128].map((size) => shapeSources({ shape: 'rock', seed: 3, size }, { name: `depthmesh:rock?seed=3&size=${size}` }))
  expect(small.settings).toEqual(large.settings)
  expect(await bakeKey(small, tools)).not.toBe(await bakeKey(large, tools))
})
