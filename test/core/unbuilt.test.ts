import { expect, it } from 'vitest'
import { bakeDepthMesh, formatError, type SettingsInput } from '../../src/core/index.js'
import { UNBUILT } from '../../src/core/unbuilt.js'
import { gray16 } from '../support/maps.js'

const asked: [SettingsInput, string][] = [
  [{ solid: true }, '"solid": true is not built yet. Close the mesh in a modelling tool: depthmesh export hands it over.'],
]

it.each(asked)('refuses %j, which would have no effect', async (settings, message) => {
  const refusal = await bakeDepthMesh({ name: 'ramp', depth: await gray16(8, 8, (x) => x / 8) }, { settings }).catch((error: unknown) => formatError(error))
  expect(refusal).toBe(message)
})

it('knows each of them', () => {
  expect(asked).toHaveLength(UNBUILT.length)
})
