import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bakeDepthMesh } from '../../../src/core/pipeline.js'
import type { SettingsInput } from '../../../src/core/options.js'
import { describeInBrowser } from '../../support/browser.js'
import { openStudio, psnr, type Drawing, type Studio, type View } from '../../support/draw.js'
import { gray16, rgb8 } from '../../support/maps.js'
import { problemsIn } from '../../support/validate.js'

/** 16:9, the shape that shows a wrong tangent. */
const [WIDTH, HEIGHT] = [160, 90]
const FRONT: View = { width: 320, height: 180, position: [0, 0, 20], fovY: (2 * Math.atan(2.8125 / 20) * 180) / Math.PI }

const color = () => rgb8(WIDTH, HEIGHT, (x, y) => [128 + 100 * Math.sin(x / 9), 128 + 100 * Math.cos(y / 7), (x + y) % 256].map(Math.round) as [number, number, number])

async function bake(depth: Uint8Array, settings: SettingsInput, picture?: Uint8Array): Promise<Uint8Array[]> {
  const { files } = await bakeDepthMesh({ name: 'test', depth, color: picture }, { settings: { lods: [8000, 2000, 500, 120], clean: false, ...settings } })
  return files.map(({ bytes }) => bytes)
}

const count = ({ pixels }: Drawing, is: (r: number, g: number, b: number) => boolean) => {
  let found = 0
  for (let i = 0; i < pixels.length; i += 3) if (is(pixels[i], pixels[i + 1], pixels[i + 2])) found++
  return found
}
const edgePixels = ({ width, height, pixels }: Drawing) => {
  const at = (x: number, y: number) => [...pixels.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)]
  return [...Array.from({ length: width }, (_, x) => [at(x, 0), at(x, height - 1)]), ...Array.from({ length: height }, (_, y) => [at(0, y), at(width - 1, y)])].flat()
}
const isMagenta = (r: number, g: number, b: number) => r > 250 && g < 5 && b > 250
const brightness = ({ pixels, width, height }: Drawing) => {
  // The middle half: clear of the edges.
  let [sum, number] = [0, 0]
  for (let y = height >> 2; y < (height * 3) >> 2; y++) for (let x = width >> 2; x < (width * 3) >> 2; x++, number++) sum += pixels[(y * width + x) * 3]
  return sum / number
}

describeInBrowser('GLBs in three', () => {
  let studio: Studio
  beforeAll(async () => {
    studio = await openStudio()
  })
  afterAll(() => studio.close())

  it.each(['meshopt', 'khr_meshopt', 'quantize', 'none'] as const)('fill the source view to its outermost pixel and show the picture there (%s)', async (compression) => {
    const depth = await gray16(WIDTH, HEIGHT, (x, y) => 0.5 + 0.25 * Math.sin(x / 20) * Math.cos(y / 15))
    const picture = await color()
    const { data } = await sharp(picture).resize(320, 180).removeAlpha().raw().toBuffer({ resolveWithObject: true })
    for (const [level, glb] of (await bake(depth, { far: 3, compression, texture: { quality: 95 } }, picture)).entries()) {
      const drawing = await studio.draw(glb, { width: 320, height: 180 })
      // Not even a shimmer of it at the edge: green is at least 28 in all of the picture.
      const rim = edgePixels(drawing)
      expect(Math.min(...rim.map(([, green]) => green)), `level ${level}`).toBeGreaterThan(10)
      expect(count(drawing, isMagenta), `level ${level}`).toBe(0)
      expect(psnr(drawing, { width: 320, height: 180, pixels: data }), `level ${level}`).toBeGreaterThan([30, 26, 20, 16][level])
    }
  })

  it('are the same picture with meshopt, quantised and raw, to the eye', async () => {
    const depth = await gray16(WIDTH, HEIGHT, (x, y) => 0.5 + 0.25 * Math.sin(x / 20) * Math.cos(y / 15))
    const picture = await color()
    const view: View = { width: 320, height: 180, position: [0.1, 0.05, 0], fovY: 45 }
    const drawings: Drawing[] = []
    for (const compression of ['none', 'quantize', 'meshopt'] as const) drawings.push(await studio.draw((await bake(depth, { far: 3, compression }, picture))[0], view))
    expect(psnr(drawings[0], drawings[1])).toBeGreaterThan(40)
    // where the skirt meets the front surface a pixel may go to either
    expect(psnr(drawings[1], drawings[2])).toBeGreaterThan(60)
  })

  it.each(['avif', 'jpeg', 'png', 'ktx2'] as const)('show textures of format %s', async (format) => {
    const depth = await gray16(WIDTH, HEIGHT, () => 0.5)
    const picture = await rgb8(WIDTH, HEIGHT, (x, y) => [40 + x, 40 + y * 2, 90])
    const { data } = await sharp(picture).resize(320, 180).removeAlpha().raw().toBuffer({ resolveWithObject: true })
    for (const shading of ['unlit', 'lit'] as const) {
      const [glb] = await bake(depth, { lods: [500], shading, texture: { format } }, picture)
      expect(await problemsIn(glb)).toEqual([])
      const drawing = await studio.draw(glb, { width: 320, height: 180, light: [0, 0, 1], ambient: 0 })
      // Seen and lit straight on, a matte white surface under this sun is as bright as its colour.
      expect(psnr(drawing, { width: 320, height: 180, pixels: data }), shading).toBeGreaterThan(shading === 'unlit' ? 27 : 20)
    }
  })

  // A plane that leans 30° one way. The sun stands 60° off the base plane's normal, at four sides: at its side the plane is lit from
  // 30°, opposite from 90° (dark), and from 64.3° at the other two: cos 60° cos 30°.
  const LEAN = Math.tan(Math.PI / 6)
  const sides = { right: [1, 0], left: [-1, 0], up: [0, 1], down: [0, -1] } as const
  it.each(Object.keys(sides) as (keyof typeof sides)[])('shade a plane that leans %s as light falls on it', async (side) => {
    const [right, up] = sides[side]
    // Over 10 m × 5.625 m, its height falls by LEAN a metre toward `side`.
    const metres = (x: number, y: number) => [((x + 0.5) / WIDTH - 0.5) * 10, (0.5 - (y + 0.5) / HEIGHT) * 5.625]
    const depth = await gray16(WIDTH, HEIGHT, (x, y) => 0.5 - (metres(x, y)[0] * right + metres(x, y)[1] * up) * (LEAN / 8))
    const [glb] = await bake(depth, { projection: 'orthographic', relief: 8 })
    const light = async (toward: readonly [number, number]) => {
      const lit = await studio.draw(glb, { ...FRONT, light: [toward[0] * Math.sin(Math.PI / 3), toward[1] * Math.sin(Math.PI / 3), 0.5], ambient: 0 })
      return (brightness(lit) / 255) ** 2.2
    }
    const lights = Object.fromEntries(await Promise.all(Object.entries(sides).map(async ([name, toward]) => [name, await light(toward)] as const)))
    const opposite = { right: 'left', left: 'right', up: 'down', down: 'up' }[side]
    const across = Object.keys(sides).filter((name) => name !== side && name !== opposite)
    expect(lights[opposite]).toBeLessThan(0.03)
    for (const name of across) expect(lights[name] / lights[side]).toBeCloseTo((Math.cos(Math.PI / 3) * Math.cos(Math.PI / 6)) / Math.cos(Math.PI / 6), 1)
  })

  it('shade the hidden layer around the picture as the surface that goes on there', async () => {
    // A wall that recedes to the right: its disparity is linear in the picture. The light comes from where it faces, far from the camera's axis.
    const depth = await gray16(WIDTH, HEIGHT, (x) => 0.9 - (0.7 * x) / WIDTH)
    for (const [level, glb] of (await bake(depth, { far: 3, travel: 0.3, lods: [8000, 2000, 500] })).entries()) {
      const view: View = { width: 320, height: 180, position: [0.28, 0, 0], target: [0.28, 0, -1], fovY: 45, light: [0.9, 0.1, 0.1], ambient: 0 }
      const drawing = await studio.draw(glb, view)
      expect(count(drawing, isMagenta), `level ${level}`).toBe(0)
      // The skirt is what shows at the right.
      const column = (x: number) => Array.from({ length: 60 }, (_, i) => drawing.pixels[((60 + i) * 320 + x) * 3]).reduce((sum, value) => sum + value, 0) / 60
      expect(column(160), `level ${level}`).toBeGreaterThan(80)
      expect(Math.abs(column(316) - column(250)), `level ${level}`).toBeLessThan(12)
    }
  })

  it('shade all levels alike', async () => {
    const depth = await gray16(WIDTH, HEIGHT, (x, y) => 0.5 + 0.2 * Math.sin(x / 11) * Math.cos(y / 9) + 0.05 * Math.sin(x / 3 + y / 4))
    const drawings: Drawing[] = []
    for (const glb of await bake(depth, { projection: 'orthographic', relief: 1 })) drawings.push(await studio.draw(glb, { ...FRONT, light: [1, 1, 1] }))
    for (const level of [1, 2, 3]) expect(psnr(drawings[0], drawings[level]), `level ${level}`).toBeGreaterThan([0, 27, 22, 19][level])
  })

  it('stand where the contract says: ground lies with the top of the picture away from the viewer', async () => {
    // The upper half of the picture is red.
    const picture = await rgb8(64, 64, (_, y) => (y < 32 ? [255, 0, 0] : [0, 0, 255]))
    const depth = await gray16(64, 64, () => 0.5)
    const [glb] = await bake(depth, { projection: 'orthographic', orientation: 'ground' }, picture)
    const drawing = await studio.draw(glb, { width: 200, height: 100, position: [0, 6, 8], target: [0, 0.5, 0] })
    const row = (y: number) => [...drawing.pixels.subarray((y * 200 + 100) * 3, (y * 200 + 100) * 3 + 3)]
    expect(row(46)[0]).toBeGreaterThan(200)
    expect(row(46)[2]).toBeLessThan(50)
    expect(row(56)[2]).toBeGreaterThan(200)
  })
})
