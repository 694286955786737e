import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseSettings } from '../../src/core/index.js'

const page = readFileSync(new URL('../../docs/conventions.md', import.meta.url), 'utf8')
const sidecars = [...page.matchAll(/```json\n([^]*?)```/g)].map(([, text]) => text.trim())

describe('docs/conventions.md', () => {
  it.each(sidecars)('shows a sidecar that is valid: %s', (text) => {
    expect(() => parseSettings([{ origin: 'docs/conventions.md', settings: JSON.parse(text) as unknown }])).not.toThrow()
  })

  it('says how to export from every source of depth', () => {
    for (const source of ['Blender', 'Unreal Engine', 'Unity', 'MiDaS', 'Depth Anything', 'Marigold', 'Depth Pro', 'Photoshop', 'RGB-D sensors', 'Stereo', 'Terrain', 'EXR']) {
      const section = page.split(/\n(?=## )/).find((text) => text.startsWith('## ') && text.slice(0, text.indexOf('\n')).includes(source))
      expect(section, source).toMatch(/```json\n/)
    }
  })

  it('shows every encoding, both ends for white, and every meaning of black', () => {
    const shown = sidecars.map((text) => parseSettings([{ origin: 'docs', settings: JSON.parse(text) as unknown }]))
    expect(new Set(shown.map(({ encoding }) => encoding))).toEqual(new Set(['disparity', 'depth', 'metric', 'terrain-rgb', 'terrarium']))
    expect(new Set(shown.map(({ white }) => white))).toEqual(new Set(['near', 'far']))
    expect(new Set(shown.map(({ black }) => black))).toEqual(new Set([null, 'far', 'cut', 'hole']))
  })

  it('calculates right', () => {
    const degrees = (radians: number) => (radians * 180) / Math.PI
    const vertical = (horizontal: number) => degrees(2 * Math.atan((Math.tan((horizontal * Math.PI) / 360) * 9) / 16))
    expect(page).toContain(`90° in a 16:9 picture are ${vertical(90).toFixed(1)}°`)
    expect(page).toContain(`39.6° for the default camera, which is ${vertical(39.6).toFixed(1)}° vertically at 16:9`)
    expect(page.replaceAll('\n', ' ')).toContain(`fy = 525 px in a picture 480 px high is ${degrees(2 * Math.atan(480 / (2 * 525))).toFixed(1)}°`)
    const tile = (40_075_017 * Math.cos((35 * Math.PI) / 180)) / 2 ** 12
    expect(page.replaceAll('\n', ' ')).toContain(`at 35° and zoom 12 that is ${Math.round(tile).toLocaleString('en')} m`)
  })
})
