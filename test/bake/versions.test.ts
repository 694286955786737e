import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type * as Versions from '../../src/bake/versions.js'

const { toolVersions } = (await import(/* @vite-ignore */ new URL('../../dist/bake/versions.js', import.meta.url).href)) as typeof Versions

it('knows the version of every tool that shapes the bytes, however its package is made', async () => {
  const { code, libvips, depthmesh, ...packages } = await toolVersions()
  const installed = (name: string): unknown => (JSON.parse(readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), 'utf8')) as { version: string }).version
  expect(packages).toEqual({ sharp: installed('sharp'), meshoptimizer: installed('meshoptimizer'), gltfTransform: installed('@gltf-transform/core'), ktx2Encoder: installed('ktx2-encoder') })
  expect(depthmesh).toMatch(/^\d+\.\d+\.\d+/)
  expect(libvips).toBe((await import('sharp')).default.versions.vips)
  expect(code).toMatch(/^[0-9a-f]{64}$/)
})
