import { describe, expect, it } from 'vitest'
import { DepthMeshError, parseSettings } from '../../src/core/index.js'

const parse = (settings: unknown) => parseSettings([{ origin: 'hill.depth.json', settings }])

function refusal(settings: unknown): string {
  try {
    parse(settings)
  } catch (error) {
    expect(error).toBeInstanceOf(DepthMeshError)
    return String(error)
  }
  throw new Error(`expected a refusal of ${JSON.stringify(settings)}`)
}

describe('settings', () => {
  it('fills in the defaults of the contract', () => {
    const settings = parse({})
    expect(settings).toMatchObject({ projection: 'perspective', encoding: 'disparity', near: 1, far: 10, fovY: 45, cut: 0.03 })
    expect(settings.lods).toEqual([100_000, 25_000, 6_000, 1_500])
    expect(settings.texture).toEqual({ format: 'webp', quality: 80, size: 2048 })
  })

  it('keeps one sheet for a relief unless told to cut', () => {
    expect(parse({ projection: 'orthographic' }).cut).toBe(false)
    expect(parse({ projection: 'orthographic', cut: 0.1 }).cut).toBe(0.1)
  })

  it('lays the sidecar over the plugin defaults, key by key', () => {
    const settings = parseSettings([
      { origin: 'plugin options', settings: { fovY: 60, texture: { quality: 50 } } },
      { origin: 'hill.depth.json', settings: { texture: { size: 512 } } },
    ])
    expect(settings.fovY).toBe(60)
    expect(settings.texture).toEqual({ format: 'webp', quality: 50, size: 512 })
  })

  it('accepts $schema, which editors want', () => {
    expect(parse({ $schema: './schema.json', near: 2 }).near).toBe(2)
  })

  it('suggests the nearest key for an unknown one', () => {
    expect(refusal({ fovy: 40 })).toBe('hill.depth.json: unknown key "fovy". Did you mean "fovY"?')
    expect(refusal({ texture: { fromat: 'png' } })).toContain('Did you mean "texture.format"?')
    expect(refusal({ zzzzzzzz: 1 })).toContain('Known keys: color, projection')
  })

  it('says where, what was expected, what was found and what it means', () => {
    expect(refusal({ near: -1 })).toMatch(/^hill\.depth\.json: near: expected > 0, got -1\. near: metres/)
    expect(refusal({ projection: 'ortho' })).toContain('expected "perspective" | "orthographic", got "ortho"')
    expect(refusal({ fovY: '45' })).toContain('fovY: expected a number, got "45"')
    expect(refusal([])).toContain('expected an object, got []')
  })

  it('checks values against each other', () => {
    expect(refusal({ near: 10, far: 2 })).toContain('near: expected < far, got near 10 and far 2')
    expect(refusal({ lods: [100, 200] })).toContain('lods: expected budgets that fall, got [100,200]')
    expect(refusal({ lods: { error: [4, 1] } })).toContain('lods.error: expected bounds that grow')
    expect(refusal({ levels: [0.9, 0.1] })).toContain('levels: expected black < white')
  })
})
