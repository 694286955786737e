import { inflateRawSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { bakeDepthMesh, reportDepthMesh, type BakeResult, type SettingsInput } from '../../src/core/index.js'
import { readLevels } from '../../src/core/glb/read.js'
import type { ViewData } from '../../src/core/report/view-data.js'
import { gray16, rgb8 } from '../support/maps.js'

const W = 96
const H = 64
const settings: SettingsInput = { near: 2, far: 9, lods: [900, 120], clean: false }

let sources: { name: string; depth: Uint8Array; color: Uint8Array }
let baked: BakeResult
let html: string
let view: ViewData['shown'][number]
let pictures: ViewData['pictures']

const viewOf = (page: string) => JSON.parse(/<script type="application\/json" id="view-data">(.*?)<\/script>/s.exec(page)![1]) as ViewData

beforeAll(async () => {
  const depth = await gray16(W, H, (x, y) => (x > 40 && x < 60 && y > 20 && y < 45 ? 0.9 : 0.1 + 0.3 * (y / H) + 0.03 * Math.sin(x / 5)))
  sources = { name: 'box', depth, color: await rgb8(W, H, (x, y) => [x * 2, y * 3, 80]) }
  baked = await bakeDepthMesh(sources, { settings })
  html = (await reportDepthMesh(sources, { settings, baked })).html
  const { shown, pictures: uris } = viewOf(html)
  ;[view, pictures] = [shown[0], uris]
})

describe('a report', () => {
  it('is the same whether the bake was done already or not', async () => {
    expect((await reportDepthMesh(sources, { settings })).html).toBe(html)
  })

  it('stops when it is told to', async () => {
    await expect(reportDepthMesh(sources, { settings, baked, signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
  })

  it('carries every vertex to a sixteenth of a pixel, and every triangle as it is stored', async () => {
    expect(view.levels).toHaveLength(2)
    for (const [i, { layers }] of view.levels.entries()) {
      const [stored] = await readLevels(baked.files[i].bytes)
      expect(layers).toHaveLength(stored.length)
      for (const [j, layer] of layers.entries()) {
        const bytes = inflateRawSync(Buffer.from(layer.data, 'base64'))
        const { vertices, corners, low, step } = layer
        expect(bytes).toHaveLength(vertices * 6 + corners * 4)
        // Undone as view-data.ts says, by other means than the viewer's.
        const at = (axis: number, k: number) => bytes[axis * 2 * vertices + k] + 256 * bytes[axis * 2 * vertices + vertices + k]
        const sums = [0, 0, 0]
        for (let k = 0; k < vertices; k++) {
          for (const axis of [0, 1, 2]) sums[axis] = (sums[axis] + at(axis, k)) % 65_536
          const [u, v, d] = sums.map((sum, axis) => low[axis] + sum * step[axis])
          const [x, y, z] = stored[j].positions.subarray(3 * k, 3 * k + 3)
          const depth = 1 / (view.inverseDepth!.far + d * view.inverseDepth!.range)
          expect(depth / -z).toBeCloseTo(1, 3)
          expect(Math.abs((x / -z) / view.metresPerPixel + W / 2 - u)).toBeLessThan(1 / 16)
          expect(Math.abs((-y / -z) / view.metresPerPixel + H / 2 - v)).toBeLessThan(1 / 16)
        }
        let next = 0
        for (let k = 0; k < corners; k++) {
          const below = [0, 1, 2, 3].reduce((sum, byte) => sum + bytes[6 * vertices + byte * corners + k] * 256 ** byte, 0) | 0
          expect(next - below).toBe(stored[j].indices[k])
          next = Math.max(next, stored[j].indices[k] + 1)
        }
      }
    }
  })

  it('lays pictures where the texture coordinates do', () => {
    for (const { layers } of view.levels) {
      for (const { hidden, canvas, color } of layers) {
        expect(pictures[color]).toMatch(/^data:image\/webp;base64,/)
        const [left, top, width, height] = canvas!
        if (hidden) {
          // The hidden layer's canvas is larger than the picture, all around.
          expect(Math.max(left, top)).toBeLessThan(0)
          expect(left + width).toBeGreaterThan(W)
          expect(top + height).toBeGreaterThan(H)
        } else for (const [k, wanted] of [0, 0, W, H].entries()) expect(Math.abs(canvas![k] - wanted), 'a tenth of a pixel is what rounding moves each vertex by').toBeLessThan(0.2)
      }
    }
  })

  it('holds every variation with its levels, and the picture that they share once', async () => {
    const noise = await rgb8(W, H, (x, y) => [(x * 7919 + y * 104729) % 251, (x * y * 31) % 253, x])
    const depth = await gray16(W, H, (x, y) => 0.5 + 0.4 * Math.sin(x / 20) * Math.cos(y / 20))
    const variety: SettingsInput = { projection: 'orthographic', width: 6, lods: [600, 120], variants: 3 }
    const several = await bakeDepthMesh({ name: 'waves', depth, color: noise }, { settings: variety })
    const { html: page } = await reportDepthMesh({ name: 'waves', depth, color: noise }, { settings: variety, baked: several })
    const { shown, pictures } = viewOf(page)
    expect(shown.map(({ levels }) => levels.length)).toEqual([2, 2, 2, 2])
    expect(new Set(pictures).size).toBe(pictures.length)
    for (const [i, { lods, bounds }] of several.manifest.variants.entries()) {
      const { levels, relief, metresPerPixel } = shown[i + 1]
      expect(metresPerPixel * W).toBeCloseTo(bounds.max[0] - bounds.min[0], 2)
      for (const [level, { triangles, textures }] of lods.entries()) {
        expect(levels[level].triangles).toBe(triangles)
        const [{ canvas, color, data, vertices, corners, low, step }] = levels[level].layers
        expect(canvas === null).toBe(textures !== undefined)
        if (canvas !== null) continue
        expect(color).toBe(shown[1].levels[level].layers[0].color)
        expect(inflateRawSync(Buffer.from(data, 'base64'))).toHaveLength(vertices * 10 + corners * 4)
        expect((low[2] + 65_535 * step[2]) * relief).toBeLessThan(bounds.max[2] + 0.01)
      }
    }
    expect(shown[1].levels[0].layers[0].canvas).toBeNull()
    expect(page).toContain('<code>waves.variants.color0.webp</code>')
    expect(page).toContain('those of variants name the pictures that they share')
  })

  it('asks for nothing from anywhere', () => {
    expect(html).toContain("default-src 'none'")
    expect(html).not.toMatch(/https?:\/\//)
    expect(html).not.toMatch(/(?:src|href)="(?!data:|#)/)
  })
})
