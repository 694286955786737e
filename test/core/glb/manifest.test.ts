import { describe, expect, it } from 'vitest'
import { createAsset, neverBetter, type ManifestLevel } from '../../../src/core/glb/manifest.js'
import { screenCoverages } from '../../../src/core/glb/screen-coverage.js'

const size = { width: 1920, height: 1080 }
const level = (pixels: number, height?: number) => ({
  error: { metres: 0, pixels: 9 * pixels, p99: { metres: 0, pixels } },
  color: height === undefined ? null : { width: 2 * height, height },
})

describe('screenCoverages', () => {
  it('are where the next coarser level errs by a pixel: an error of 4 px on a map as high as the screen is one at a quarter', () => {
    expect(screenCoverages([level(0.5), level(2), level(4), level(20)], size)).toEqual([0.5, 0.25, 0.05, 0])
  })

  it('are where its texels cover one and a half pixels, if that comes first', () => {
    expect(screenCoverages([level(0, 1080), level(0, 540), level(8, 360)], size)).toEqual([0.75, 0.125, 0])
    expect(screenCoverages([level(0, 1080), level(0, 540), level(1, 360)], size)).toEqual([0.75, 0.5, 0])
  })

  it('fall, also where every level is good enough', () => {
    expect(screenCoverages([level(0), level(0), level(0)], size)).toEqual([1, 0.9, 0])
    expect(screenCoverages([level(0)], size)).toEqual([0])
  })
})

describe('createAsset', () => {
  const made = (bounds: ManifestLevel['glb']['bounds'], more: Partial<ManifestLevel> = {}): ManifestLevel => ({
    file: 'hill.glb', glb: { bytes: new Uint8Array(7), triangles: 2, vertices: 4, bounds }, error: level(1).error, color: null, beside: [], ...more,
  })
  const assetOf = (...levels: ManifestLevel[]) => createAsset({ levels, name: 'hill', size, camera: null, material: { lit: true, doubleSided: true }, placeholder: '' })

  it('has bounds that hold all levels', () => {
    const { bounds } = assetOf(made({ min: [-3, -5, -9], max: [-2, -1, -8] }), made({ min: [-4, -4, -7], max: [-1, -2, -6] }))
    expect(bounds).toEqual({ min: [-4, -5, -9], max: [-1, -1, -6] })
  })

  it('says how long a texture is, and names pictures where a level has any beside it', () => {
    const box: ManifestLevel['glb']['bounds'] = { min: [0, 0, 0], max: [1, 1, 1] }
    const beside = [{ url: 'hill.webp', bytes: 9 }]
    const { lods } = assetOf(made(box, { color: { width: 512, height: 1024 }, beside }), made(box))
    expect(lods[0]).toMatchObject({ url: 'hill.glb', triangles: 2, vertices: 4, bytes: 7, textureSize: 1024, textures: beside })
    expect(lods[1]).toMatchObject({ textureSize: 0 })
    expect(lods[1]).not.toHaveProperty('textures')
  })
})

it('no level claims less of any error than a finer one', () => {
  const errors = ([metres, pixels, p99Metres, p99Pixels]: number[]) => ({ metres, pixels, p99: { metres: p99Metres, pixels: p99Pixels } })
  const claimed = [[0.25, 0.5, 0.125, 0.25], [0.5, 0.25, 0.25, 0.125], [0.25, 2, 0.125, 1]].map((each) => ({ error: errors(each) }))
  expect(neverBetter(claimed).map(({ error }) => error)).toEqual([[0.25, 0.5, 0.125, 0.25], [0.5, 0.5, 0.25, 0.25], [0.5, 2, 0.25, 1]].map(errors))
})
