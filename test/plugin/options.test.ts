import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { DepthMeshError } from '../../src/core/index.js'
import { parsePluginOptions } from '../../src/plugin/options.js'

function refusal(options: unknown): string {
  try {
    parsePluginOptions(options as object)
  } catch (error) {
    expect(error).toBeInstanceOf(DepthMeshError)
    return (error as Error).message
  }
  throw new Error(`expected a refusal of ${JSON.stringify(options)}`)
}

describe('plugin options', () => {
  it('are settings and five keys of their own', () => {
    const { settings, limits, cache, workers, include, preload } = parsePluginOptions({ fovY: 60, texture: { quality: 50 }, workers: 2, cache: { readonly: true, maxBytes: 2e9 }, limits: { jobSeconds: 5 }, include: ['**/*.height.png', /relief/], preload: /canyon/ })
    expect(settings).toEqual({ fovY: 60, texture: { quality: 50 } })
    expect({ limits, cache, workers, include, preload }).toEqual({ limits: { jobSeconds: 5 }, cache: { readonly: true, maxBytes: 2e9 }, workers: 2, include: ['**/*.height.png', /relief/], preload: [/canyon/] })
    expect(parsePluginOptions({}).cache).toEqual({})
    expect(parsePluginOptions({ cache: false }).cache).toBe(false)
  })

  it.each([
    [{ fovy: 60 }, 'plugin options: unknown key "fovy". Did you mean "fovY"?'],
    [{ inclde: 'x' }, 'plugin options: unknown key "inclde". Did you mean "include"?'],
    [{ worker: 2 }, 'plugin options: unknown key "worker". Did you mean "workers"?'],
    [{ limit: {} }, 'plugin options: unknown key "limit". Did you mean "limits"?'],
    [{ cache: { path: 'x' } }, 'plugin options: unknown key "cache.path". Known keys: dir, maxBytes, maxAge, readonly.'],
    [{ cache: { readOnly: true } }, 'plugin options: unknown key "cache.readOnly". Did you mean "cache.readonly"?'],
    [{ limits: { maxPixel: 1 } }, 'plugin options: unknown key "limits.maxPixel". Did you mean "limits.maxPixels"?'],
    [{ limits: { maxPixels: '1' } }, 'plugin options: limits.maxPixels: expected a number > 0, got "1".'],
    [{ limits: { jobSeconds: 0 } }, 'plugin options: limits.jobSeconds: expected a number > 0, got 0.'],
    [{ cache: true }, 'plugin options: cache: expected an object or false, got true.'],
    [{ cache: { readonly: 1 } }, 'plugin options: cache.readonly: expected a boolean, got 1.'],
    [
      { cache: { dir: 5, maxBytes: '2 GB', maxAge: 0 }, limits: { maxFileBytes: '1 MB' } },
      `plugin options: 4 faults:
  cache.dir: expected a string, got 5.
  cache.maxBytes: expected a number > 0, got "2 GB".
  cache.maxAge: expected a number > 0, got 0.
  limits.maxFileBytes: expected a number > 0, got "1 MB".`,
    ],
    [{ workers: 1.5 }, 'plugin options: workers: expected a whole number > 0, got 1.5.'],
    [{ include: 7 }, 'plugin options: include: expected a glob or a RegExp, got 7.'],
    [{ preload: [true] }, 'plugin options: preload: expected a glob or a RegExp, got true.'],
    [
      { fovy: 60, relief: '10cm', cache: { readOnly: true }, workers: 0, include: [7] },
      `plugin options: 5 faults:
  unknown key "fovy". Did you mean "fovY"?
  relief: expected a number, got "10cm". relief: orthographic: metres from black to white.
  include: expected a glob or a RegExp, got 7.
  unknown key "cache.readOnly". Did you mean "cache.readonly"?
  workers: expected a whole number > 0, got 0.`,
    ],
    [{ near: 10, far: 1 }, 'plugin options: near: expected < far, got near 10 and far 1. near and far are metres from the camera.'],
  ])('refuses %j', (options, message) => {
    expect(refusal(options)).toBe(message)
  })

  it('are refused without a word of what is undefined, as Vite prints it', () => {
    for (const details of [{}, { file: 'canyon.depth.json' }, { hint: 'Check it.' }]) {
      const error = new DepthMeshError('SETTINGS_INVALID', 'unknown key', details)
      expect(inspect(error)).not.toContain('undefined')
      expect(error).toMatchObject(details)
    }
  })
})
