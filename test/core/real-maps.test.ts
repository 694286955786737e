import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { bakeDepthMesh, DepthMeshError, type SettingsInput } from '../../src/core/index.js'
import { describeWithShared, sharedFolder } from '../support/shared.js'
import { parseGlb, problemsIn } from '../support/validate.js'

interface Entry {
  name: string
  file: string
  color?: string
  class: string
  sidecar?: SettingsInput
}

const data = join(sharedFolder, 'data')

/** Small budgets: what is tried here is every map, not every triangle. */
const LODS = [8000, 1500, 300]

describeWithShared('every real map', () => {
  const { entries } = JSON.parse(readFileSync(join(data, 'manifest.json'), 'utf8')) as { entries: Entry[] }

  it('is listed', () => {
    const listed = entries.map((entry) => entry.file)
    for (const file of readdirSync(data)) if (file.includes('.depth.')) expect(listed).toContain(file)
  })

  it.each(entries.map((entry) => [entry.file, entry] as const))('%s bakes to valid GLBs, or says what to do', async (file, entry) => {
    const sources = {
      name: entry.name,
      depth: readFileSync(join(data, file)),
      color: entry.color === undefined ? undefined : readFileSync(join(data, entry.color)),
    }
    let result
    try {
      result = await bakeDepthMesh(sources, { settings: { ...entry.sidecar, lods: LODS } })
    } catch (error) {
      expect(error).toBeInstanceOf(DepthMeshError)
      const refusal = error as DepthMeshError
      expect(refusal.code).toMatch(/^INPUT_UN(READABLE|SUPPORTED)$/)
      expect(refusal.hint, `${file}: ${refusal.message}`).toMatch(/\w+ .+\.$/)
      return
    }
    expect(result.files).toHaveLength(result.manifest.lods.length)
    for (const [level, lod] of result.manifest.lods.entries()) {
      expect(lod.triangles).toBeLessThanOrEqual(LODS[level])
      expect(lod.triangles).toBeGreaterThan(0)
      expect(await problemsIn(result.files[level].bytes)).toEqual([])
      // No real map at the default range of depth needs floats.
      const { bufferViews } = parseGlb(result.files[level].bytes).json as { bufferViews: { extensions?: Record<string, { filter?: string }> }[] }
      const filters = bufferViews.flatMap(({ extensions = {} }) => Object.values(extensions).map(({ filter }) => filter))
      if (entry.sidecar?.projection !== 'orthographic') expect(filters).not.toContain('EXPONENTIAL')
    }
  })
})
