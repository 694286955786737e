import { describe, expect, it } from 'vitest'
import { parseFlags } from '../../src/cli/flags.js'
import { settingFlags, settingsFromFlags } from '../../src/cli/setting-flags.js'

const settings = (...argv: string[]) => settingsFromFlags(parseFlags(argv, settingFlags).flags)

describe('settings as flags', () => {
  it('reads each kind of value as the sidecar would hold it', () => {
    expect(settings('--fov-y', '40', '--projection', 'orthographic')).toEqual({ fovY: 40, projection: 'orthographic' })
    expect(settings('--levels', '0.1,0.9')).toEqual({ levels: [0.1, 0.9] })
    expect(settings('--cut', 'false')).toEqual({ cut: false })
    expect(settings('--cut=0.05')).toEqual({ cut: 0.05 })
    expect(settings('--travel', 'null')).toEqual({ travel: null })
  })

  it('takes one budget or several', () => {
    expect(settings('--lods', '50000,5000')).toEqual({ lods: [50_000, 5_000] })
    expect(settings('--lods', '50000')).toEqual({ lods: [50_000] })
    expect(settings('--lods.error', '0.5,2')).toEqual({ lods: { error: [0.5, 2] } })
    expect(settings('--lods.error', '1')).toEqual({ lods: { error: [1] } })
  })

  it('gathers the keys of an object', () => {
    expect(settings('--texture.size', '1024', '--texture.format', 'png')).toEqual({ texture: { size: 1024, format: 'png' } })
    expect(settings('--clean.holes', 'true', '--clean.bands', 'auto')).toEqual({ clean: { holes: true, bands: 'auto' } })
  })

  it('turns a switch on and off', () => {
    expect(settings('--solid')).toEqual({ solid: true })
    expect(settings('--solid=false')).toEqual({ solid: false })
    expect(settings('--solid', 'true')).toEqual({ solid: true })
    expect(settings('--solid', 'false')).toEqual({ solid: false })
  })

  it('keeps texts as they are, numbers and commas in them too', () => {
    expect(settings('--color', '1,2.png', '--channel', '3')).toEqual({ color: '1,2.png', channel: '3' })
    expect(settings('--color', 'null')).toEqual({ color: null })
  })

  it('lets the last of two win', () => {
    expect(settings('--near', '2', '--near', '3')).toEqual({ near: 3 })
  })

  it('leaves what flags say about each other to the whole of the settings', () => {
    expect(settings('--near', '20', '--far', '50')).toEqual({ near: 20, far: 50 })
  })
})
