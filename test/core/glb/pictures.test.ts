import { describe, expect, it } from 'vitest'
import { joinGlb, namedPictures, renamePictures } from '../../../src/core/glb/pictures.js'
import { parseGlb } from '../../support/validate.js'

const binary = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
const glb = (images: { uri?: string; bufferView?: number }[]) => joinGlb({ asset: { version: '2.0' }, images }, binary)

describe('pictures that a GLB names', () => {
  it('are those of other files', () => {
    expect(namedPictures(glb([{ uri: 'a.webp' }, { bufferView: 0 }, { uri: 'data:image/png;base64,' }, { uri: '../b%20c.webp' }]))).toEqual(['a.webp', '../b%20c.webp'])
    expect(namedPictures(joinGlb({ asset: { version: '2.0' } }, binary))).toEqual([])
  })

  it('get other names, and nothing else changes', () => {
    const renamed = renamePictures(glb([{ uri: 'a.webp' }, { bufferView: 0 }]), (uri) => `../a longer place/${uri}`)
    const { json, binary: kept } = parseGlb(renamed)
    expect(json).toEqual({ asset: { version: '2.0' }, images: [{ uri: '../a longer place/a.webp' }, { bufferView: 0 }] })
    expect(kept).toEqual(binary)
    expect(new DataView(renamed.buffer).getUint32(8, true)).toBe(renamed.length)
  })

  it('leave the file as long as it was where they fit', () => {
    const before = glb([{ uri: 'a long name.webp' }])
    const after = renamePictures(before, () => 'b.webp')
    expect(after).toHaveLength(before.length)
    expect(namedPictures(after)).toEqual(['b.webp'])
    expect(renamePictures(after, () => 'a long name.webp')).toEqual(before)
    const room = joinGlb({ asset: { version: '2.0' }, images: [{ uri: 'a.webp' }] }, binary, 300)
    expect(renamePictures(room, () => '../another place/a-0123456789abcdef.webp')).toHaveLength(room.length)
  })

  it('are left alone in a file that names none', () => {
    const whole = glb([{ bufferView: 0 }])
    expect(renamePictures(whole, () => 'x')).toBe(whole)
  })
})
