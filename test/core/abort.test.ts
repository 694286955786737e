import { describe, expect, it } from 'vitest'
import { bakeDepthMesh, buildLods, checkDepthMap, draftDepthMesh, drawDepthMapCheck, errorModel, exportDepthMap, parseSettings, prepareMap, reportDepthMesh, type SettingsInput } from '../../src/core/index.js'
import { gray16 } from '../support/maps.js'

const waves = () => gray16(160, 120, (x, y) => 0.5 + 0.2 * Math.sin(x / 9) * Math.cos(y / 7) + (x > 60 && x < 90 && y > 40 ? 0.25 : 0))
const reason = new Error('no longer wanted')
/** No picture and no light: nothing waits for a library’s threads, so that only what stops by itself lets a timer be heard. */
const BARE: SettingsInput = { shading: 'unlit', clean: false, lods: [3000, 800, 200] }

/** A signal that a timer aborts as soon as there is time for one. */
function soon(): AbortSignal {
  const controller = new AbortController()
  setTimeout(() => controller.abort(reason))
  return controller.signal
}

describe('a signal that is aborted', () => {
  it.each([
    ['bakeDepthMesh', bakeDepthMesh],
    ['prepareMap', prepareMap],
    ['checkDepthMap', checkDepthMap],
    ['drawDepthMapCheck', drawDepthMapCheck],
    ['draftDepthMesh', draftDepthMesh],
    ['reportDepthMesh', reportDepthMesh],
    ['exportDepthMap', (sources: Parameters<typeof exportDepthMap>[0], options: Parameters<typeof exportDepthMap>[2]) => exportDepthMap(sources, ['depth'], options)],
  ])('has %s look at nothing', async (_, work) => {
    // (Looked at, it would be refused as an empty file.)
    await expect(work({ name: 'none', depth: new Uint8Array() }, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  it.each<[string, SettingsInput]>([
    ['adaptive levels', {}],
    ['error bounds', { lods: { error: [0.5, 2, 8] } }],
    ['a grid', { topology: 'grid' }],
    ['a closed relief', { projection: 'orthographic', solid: true }],
    ['one GLB for all', { container: 'msft_lod' }],
    ['variations', { projection: 'orthographic', lods: [200], variants: 3 }],
  ])('stops a bake of %s on its way', async (_, settings) => {
    const sources = { name: 'waves', depth: await waves() }
    const prepared = await prepareMap(sources, { settings: { ...BARE, ...settings } })
    await expect(bakeDepthMesh(sources, { settings: { ...BARE, ...settings }, prepared, signal: soon() })).rejects.toBe(reason)
  })

  it('stops meshing by itself', async () => {
    const settings = parseSettings([{ origin: 'test', settings: BARE }])
    const { map } = await prepareMap({ name: 'waves', depth: await waves() }, { settings: BARE })
    await expect(buildLods(map, settings, errorModel(map, settings), soon())).rejects.toBe(reason)
  })
})

it.each<[string, SettingsInput]>([['levels', {}], ['bounds', { lods: { error: [0.5, 4] } }], ['a grid', { topology: 'grid' }], ['a closed relief', { projection: 'orthographic', solid: true }], ['variations', { projection: 'orthographic', variants: 2 }]])('a signal changes no byte of %s', async (_, settings) => {
  const sources = { name: 'waves', depth: await waves() }
  const options = { settings: { ...BARE, ...settings } }
  expect(await bakeDepthMesh(sources, { ...options, signal: new AbortController().signal })).toEqual(await bakeDepthMesh(sources, options))
})
