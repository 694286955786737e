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
    expect(refusal({ toString: 1 })).toContain('unknown key "toString"')
    expect(refusal({ texture: { constructor: 1 } })).toContain('unknown key "texture.constructor"')
  })

  it('says where, what was expected, what was found and what it means', () => {
    expect(refusal({ near: -1 })).toMatch(/^hill\.depth\.json: near: expected > 0, got -1\. near: metres/)
    expect(refusal({ projection: 'ortho' })).toContain('expected "perspective" | "orthographic", got "ortho"')
    expect(refusal({ fovY: '45' })).toContain('fovY: expected a number, got "45"')
    expect(refusal([])).toContain('expected an object, got []')
  })

  it('tells all that is wrong at once, in the order of the keys', () => {
    expect(refusal({ fovy: 40, near: 2, texture: { sise: 3, quality: 0, fromat: 'png' }, relief: '10cm', lods: [1, 'x'], clean: { holes: 7, nois: true } }).split('\n')).toEqual([
      'hill.depth.json: 9 faults:',
      '  unknown key "fovy". Did you mean "fovY"?',
      '  unknown key "texture.sise". Did you mean "texture.size"?',
      '  unknown key "texture.fromat". Did you mean "texture.format"?',
      expect.stringMatching(/^ {2}texture\.quality: expected at least 1, got 0\. texture: the colour texture/),
      '  relief: expected a number, got "10cm". relief: orthographic: metres from black to white.',
      expect.stringMatching(/^ {2}lods\.0: expected at least 2, got 1\. lods: /),
      expect.stringMatching(/^ {2}lods\.1: expected a whole number, got "x"\. lods: /),
      '  unknown key "clean.nois". Did you mean "clean.noise"?',
      expect.stringMatching(/^ {2}clean\.holes: expected true \| false \| "auto", got 7\. clean: /),
    ])
    expect(refusal({ near: 20, far: 2, levels: [0.9, 0.1] }).split('\n')).toEqual([
      'hill.depth.json: 2 faults:',
      '  near: expected < far, got near 20 and far 2. near and far are metres from the camera.',
      '  levels: expected black < white, got [0.9,0.1]. Use "white": "far" to turn a map over.',
    ])
  })

  it('checks values against each other', () => {
    expect(refusal({ near: 10, far: 2 })).toContain('near: expected < far, got near 10 and far 2')
    expect(refusal({ lods: [100, 200] })).toContain('lods: expected budgets that fall, got [100,200]')
    // It names who can mend it, whatever else has its say.
    const near = { origin: 'canyon.depth.json', settings: { near: 20 } }
    expect(() => parseSettings([near, { origin: 'command line', settings: {} }])).toThrow(expect.objectContaining({ file: 'canyon.depth.json' }))
    expect(() => parseSettings([near, { origin: 'command line', settings: { far: 15 } }])).toThrow(expect.objectContaining({ file: 'command line' }))
    expect(refusal({ lods: { error: [4, 1] } })).toContain('lods.error: expected bounds that grow')
    expect(refusal({ levels: [0.9, 0.1] })).toContain('levels: expected black < white')
  })

  it('lets near and far be where nothing reads them', () => {
    expect(parse({ encoding: 'metric', near: 20 }).near).toBe(20)
    expect(parse({ projection: 'orthographic', near: 20, far: 3 })).toMatchObject({ near: 20, far: 3 })
    expect(parse({ projection: 'orthographic', encoding: 'terrarium', near: 20 }).near).toBe(20)
    expect(refusal({ encoding: 'depth', near: 20 })).toContain('near: expected < far, got near 20 and far 10')
  })

  it.each([
    [{ near: Infinity }, 'near: expected a finite number, got null. near: metres of the nearest level (perspective; unused by `metric`).'],
    [{ near: 1e-30 }, 'near: expected at least 1e-9, got 1e-30.'],
    [{ far: 1e30 }, 'far: expected at most 1e9, got 1e+30.'],
    [{ relief: 1e39 }, 'relief: expected at most 1e9, got 1e+39. relief: orthographic: metres from black to white.'],
    [{ width: 1e-12 }, 'width: expected at least 1e-9, got 1e-12.'],
    [{ unit: 1e300 }, 'unit: expected at most 1e9, got 1e+300.'],
    [{ travel: 1e10 }, 'travel: expected at most 1e9, got 10000000000.'],
    [{ solid: 'yes' }, 'solid: expected true | false, got "yes". solid: close the back and the sides: watertight.'],
    [{ clean: { noise: 1 } }, 'clean.noise: expected true | false | "auto", got 1.'],
    [{ clean: { nois: false } }, 'unknown key "clean.nois". Did you mean "clean.noise"?'],
    [{ clean: 'always' }, 'clean: expected "auto" | false | an object with holes, spikes, noise, bands, silhouettes, got "always".'],
    [{ color: '' }, 'color: expected a path, got "".'],
    [{ color: 7 }, 'color: expected a path, got 7.'],
    [{ channel: '' }, 'channel: expected a channel name, got "".'],
    [{ channel: 1 }, 'channel: expected a channel name, got 1.'],
    [{ fovY: 0 }, 'fovY: expected degrees between 0 and 180, got 0. fovY: vertical field of view of the source camera, degrees.'],
    [{ fovY: 1e-300 }, 'fovY: expected at least 1e-6, got 1e-300.'],
    [{ fovY: 180 }, 'fovY: expected degrees between 0 and 180, got 180.'],
    [{ depthInfluence: 2 }, 'depthInfluence: expected 0..1, got 2.'],
    [{ levels: 0.1 }, 'levels: expected [black, white] in 0..1, got 0.1.'],
    [{ levels: [0.1, 3] }, 'levels.1: expected 0..1, got 3.'],
    [{ cut: 0 }, 'cut: expected a fraction in 0..1, or false, got 0.'],
    [{ cut: 1.5 }, 'cut: expected a fraction in 0..1, or false, got 1.5.'],
    [{ cut: true }, 'cut: expected a fraction in 0..1, or false, got true.'],
    [{ travel: -1 }, 'travel: expected at least 0, got -1.'],
    [{ lods: [] }, 'lods: expected at least one budget, got [].'],
    [{ lods: [9, 8, 7, 6, 5, 4, 3, 2, 1].map((n) => n * 100) }, 'lods: expected at most 8 levels, got [900,800,700,600,500,400,300,200,100].'],
    [{ lods: [1] }, 'lods.0: expected at least 2, got 1.'],
    [{ lods: { error: [] } }, 'lods.error: expected at least one bound, got [].'],
    [{ lods: { error: [1, 2, 3, 4, 5, 6, 7, 8, 9] } }, 'lods.error: expected at most 8 levels, got [1,2,3,4,5,6,7,8,9].'],
    [{ lods: {} }, 'lods.error: expected a value, got undefined. lods: '],
    [{ lods: { errors: [1] } }, 'unknown key "lods.errors". Did you mean "lods.error"?'],
    [{ lods: 4000 }, 'lods: expected triangle budgets like [100000, 25000], or { "error": [px, …] }, got 4000.'],
    [{ variants: 1.5 }, 'variants: expected a whole number, got 1.5.'],
    [{ variants: 17 }, 'variants: expected at most 16, got 17.'],
    [{ black: 'white' }, 'black: expected "far" | "cut" | "hole", got "white".'],
    ['near', 'expected an object, got "near". Settings are a JSON object.'],
  ])('says what was expected and found: %j', (settings, text) => {
    expect(refusal(settings)).toContain(`hill.depth.json: ${text}`)
  })

  it.each([
    [{ near: 10, far: 2 }, 'near: expected < far, got near 10 and far 2. near and far are metres from the camera.'],
    [{ encoding: 'terrarium' }, 'projection: expected "orthographic" with encoding "terrarium", got "perspective". Tiles hold heights above the sea, not distances from a camera.'],
    [{ encoding: 'metric', gamma: 2.2 }, 'gamma: expected none with encoding "metric", got 2.2. Metres are taken as stored.'],
    [{ encoding: 'metric', levels: [0, 0.5] }, 'levels: expected none with encoding "metric", got [0,0.5]. Metres are taken as stored.'],
    [{ levels: [0.9, 0.1] }, 'levels: expected black < white, got [0.9,0.1]. Use "white": "far" to turn a map over.'],
    [{ lods: [100, 200] }, 'lods: expected budgets that fall, got [100,200]. List them from fine to coarse.'],
    [{ lods: { error: [4, 1] } }, 'lods.error: expected bounds that grow, got [4,1]. List them from fine to coarse.'],
  ])('says which values do not go together: %j', (settings, text) => {
    expect(refusal(settings)).toBe(`hill.depth.json: ${text}`)
  })
})
