import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { bakeDepthMesh, type SettingsInput } from '../../../src/core/index.js'
import { describeWithShared, sharedFolder } from '../../support/shared.js'
import { problemsIn } from '../../support/validate.js'

describeWithShared('solid meshes of real maps', () => {
  it.each<[string, SettingsInput]>([
    ['moon', {}],
    ['tum-1', { encoding: 'metric', unit: 1 / 5000, black: 'hole' }],
    ['jacksboro-dem16', { projection: 'orthographic', orientation: 'ground', width: 1000, relief: 84 }],
  ])('%s gives valid GLBs within the budgets', async (name, settings) => {
    const lods = [8000, 2500]
    const { files, manifest } = await bakeDepthMesh({ name, depth: readFileSync(join(sharedFolder, 'data', `${name}.depth.png`)) }, { settings: { ...settings, solid: true, lods } })
    for (const [level, lod] of manifest.lods.entries()) {
      expect(lod.triangles).toBeLessThanOrEqual(lods[level])
      expect(lod.triangles).toBeGreaterThan(0.4 * lods[level])
      expect(await problemsIn(files[level].bytes)).toEqual([])
    }
  })
})
