import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import type { DisparityMap } from '../../../../src/core/depth/convention.js'
import { bakeDepthMesh } from '../../../../src/core/index.js'
import type { Pixels } from '../../../../src/core/mesh/hidden/backdrop-color.js'
import { clearFringes } from '../../../../src/core/mesh/hidden/fringe.js'
import { seededRandom } from '../../../../src/core/random.js'
import { gray16, rgb8 } from '../../../support/maps.js'
import { parseGlb } from '../../../support/validate.js'

const SIZE = 400
const CUT = 0.03
/** The near side is a disc; its outline is drawn out of focus, over so many pixels on either side. */
const DISC = { x: 200, y: 200, radius: 100 }
const BLUR = 2.5
const NEAR = [20, 160, 140] as const
const FAR = [90, 60, 50] as const

type Paint = (x: number, y: number) => readonly [number, number, number]

const fromOutline = (x: number, y: number): number => Math.hypot(x + 0.5 - DISC.x, y + 0.5 - DISC.y) - DISC.radius
/** How much of the disc a pixel shows. */
const shareOfDisc = (x: number, y: number): number => Math.min(1, Math.max(0, 0.5 - fromOutline(x, y) / (2 * BLUR)))
const mixed: Paint = (x, y) => [0, 1, 2].map((c) => FAR[c] + shareOfDisc(x, y) * (NEAR[c] - FAR[c])) as unknown as [number, number, number]

/** A disc in front of a wall, whose edge lies where the outline's middle is. */
function discMap(size = SIZE): DisparityMap {
  const scale = SIZE / size
  const disparity = Float32Array.from({ length: size * size }, (_, i) => (fromOutline(((i % size) + 0.5) * scale - 0.5, (Math.floor(i / size) + 0.5) * scale - 0.5) < 0 ? 0.8 : 0.2))
  return { width: size, height: size, disparity, near: 1, far: 10, relief: 1 }
}

function paint(color: Paint, size = SIZE): Pixels {
  const scale = SIZE / size
  const pixels = new Uint8Array(size * size * 3)
  for (let i = 0; i < size * size; i++) pixels.set(color(((i % size) + 0.5) * scale - 0.5, (Math.floor(i / size) + 0.5) * scale - 0.5).map(Math.round), 3 * i)
  return { width: size, height: size, channels: 3, pixels }
}

/** The largest difference of any channel between two pictures, among pixels that lie so far outside the disc. */
function differs(a: Pixels, b: Pixels, [least, most]: readonly [number, number]): number {
  let largest = 0
  const scale = SIZE / a.width
  for (let i = 0; i < a.width * a.height; i++) {
    const distance = fromOutline(((i % a.width) + 0.5) * scale - 0.5, (Math.floor(i / a.width) + 0.5) * scale - 0.5)
    if (distance < least || distance > most) continue
    for (let c = 0; c < 3; c++) largest = Math.max(largest, Math.abs(a.pixels[3 * i + c] - b.pixels[3 * i + c]))
  }
  return largest
}

const wall = paint(() => FAR)

describe('what an outline left on the surface behind', () => {
  it.each([1, 2, 0.5])('is taken out where that is of one colour, of a picture %s times as large as the map', (scale) => {
    const picture = paint(mixed, SIZE * scale)
    const plain = paint(() => FAR, SIZE * scale)
    expect(differs(picture, plain, [1, SIZE])).toBeGreaterThan(15)
    const cleared = clearFringes(picture, discMap(), CUT)
    // (One pixel of a coarse picture shows both sides of the map's edge.)
    expect(differs(cleared, plain, [1 / Math.min(1, scale), SIZE])).toBeLessThan(4)
    expect(differs(cleared, picture, [-SIZE, -1 / scale])).toBe(0)
    expect(differs(cleared, picture, [BLUR + 1, SIZE])).toBe(0)
  })

  it('is left on a surface with a texture, which would lose its own', () => {
    const random = seededRandom(7)
    const textured: Paint = (x, y) => mixed(x, y).map((value) => value + 50 * (random() - 0.5)) as unknown as [number, number, number]
    const picture = paint(textured)
    expect(differs(clearFringes(picture, discMap(), CUT), picture, [-SIZE, SIZE])).toBe(0)
  })

  it('is told from a line of another colour that runs along it', () => {
    const lined: Paint = (x, y) => (fromOutline(x, y) < 0 ? NEAR : fromOutline(x, y) < 3 ? [220, 40, 60] : FAR)
    const picture = paint(lined)
    expect(differs(clearFringes(picture, discMap(), CUT), picture, [-SIZE, SIZE])).toBe(0)
  })

  it('is told from a glow that grows toward it', () => {
    const glow: Paint = (x, y) => (fromOutline(x, y) < 0 ? NEAR : (FAR.map((value) => value + Math.max(0, 60 - 2 * fromOutline(x, y))) as unknown as [number, number, number]))
    const picture = paint(glow)
    expect(differs(clearFringes(picture, discMap(), CUT), picture, [-SIZE, SIZE])).toBe(0)
  })

  it('is not looked for where nothing is in front of anything', () => {
    const map = discMap()
    expect(clearFringes(wall, { ...map, disparity: map.disparity.fill(0.4) }, CUT)).toBe(wall)
    const picture = paint(mixed)
    expect(clearFringes(picture, discMap(), 0.7)).toBe(picture)
    // beside nothing there is nothing behind
    expect(clearFringes(picture, { ...map, disparity: discMap().disparity.map((value) => (value < 0.5 ? NaN : value)) }, CUT)).toBe(picture)
  })

  it('is taken out of R, G and B alone', () => {
    const picture = paint(mixed)
    const pixels = new Uint8Array(SIZE * SIZE * 4).fill(77)
    for (let i = 0; i < SIZE * SIZE; i++) pixels.set(picture.pixels.subarray(3 * i, 3 * i + 3), 4 * i)
    const cleared = clearFringes({ ...picture, channels: 4, pixels }, discMap(), CUT)
    const opaque = clearFringes(picture, discMap(), CUT)
    expect(cleared.pixels.filter((_, i) => i % 4 < 3)).toEqual(opaque.pixels)
    expect(cleared.pixels.every((value, i) => i % 4 < 3 || value === 77)).toBe(true)
  })
})

it.each([0.1, 0])('is gone from what is baked where a camera may move: by %s m', async (travel) => {
  const map = discMap()
  const picture = paint(mixed)
  const depth = await gray16(SIZE, SIZE, (x, y) => map.disparity[y * SIZE + x])
  const color = await rgb8(SIZE, SIZE, (x, y) => [...picture.pixels.subarray(3 * (y * SIZE + x), 3 * (y * SIZE + x) + 3)] as unknown as [number, number, number])
  const { files } = await bakeDepthMesh({ name: 'disc', depth, color }, { settings: { lods: [2000], far: 4, texture: { format: 'png' }, clean: false, travel } })
  const { json, binary } = parseGlb(files[0].bytes)
  const { byteOffset = 0, byteLength } = (json.bufferViews as { byteOffset?: number; byteLength: number }[])[(json.images as { bufferView: number }[])[0].bufferView]
  const worn = await sharp(binary.subarray(byteOffset, byteOffset + byteLength)).raw().toBuffer()
  // Just right of the disc.
  const x = DISC.x + DISC.radius + 1
  const left = Math.abs(worn[3 * (DISC.y * SIZE + x) + 1] - FAR[1])
  if (travel > 0) expect(left).toBeLessThan(4)
  else expect(left).toBeGreaterThan(8)
})
