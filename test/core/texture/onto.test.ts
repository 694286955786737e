import { describe, expect, it } from 'vitest'
import { bakeNormals } from '../../../src/core/texture/normal.js'
import { bakeNormalsOnto, type OntoTarget } from '../../../src/core/texture/onto.js'

const SIZE = 32
/** A relief 4 m wide that rises by 1 m for every metre to the right: normals (−1, 0, 1)/√2. */
const slope = { width: SIZE, height: SIZE, near: 1, far: 10, relief: 4, disparity: Float32Array.from({ length: SIZE * SIZE }, (_, i) => ((i % SIZE) + 0.5) / SIZE) }
const wall = { projection: 'orthographic', orientation: 'wall', fovY: 45, width: 4, relief: 4, cut: false } as const
const normals = bakeNormals(slope, SIZE, wall)

/** A square over the whole picture, in two triangles; its corners go around from the top left, counter-clockwise. */
function square(corner: (u: number, v: number) => number[], normal: number[], extra: Partial<OntoTarget> = {}): OntoTarget {
  const corners = [[0, 0], [0, 1], [1, 1], [1, 0]]
  return {
    positions: Float32Array.from(corners.flatMap(([u, v]) => corner(u, v))),
    normals: Float32Array.from(corners.flatMap(() => normal)),
    tangents: null,
    uvs: Float32Array.from(corners.flat()),
    indices: Uint32Array.of(0, 1, 2, 0, 2, 3),
    ...extra,
  }
}

const onWall = (u: number, v: number) => [4 * u - 2, 2 - 4 * v, 0]
const HALF = Math.SQRT1_2

/** The normal in the middle of the baked picture. */
function middle(target: OntoTarget, settings: Parameters<typeof bakeNormalsOnto>[2] = wall, of = { map: slope, normals }): number[] {
  const { sums } = bakeNormalsOnto({ ...of, targets: [target] }, 16, settings)
  return [...sums.subarray((8 * 16 + 8) * 3, (8 * 16 + 8) * 3 + 3)].map((value) => Number(value.toFixed(3)) + 0)
}

const close = (value: number) => expect.closeTo(value, 2)

describe('normals baked onto another mesh', () => {
  it('are those of the map where the mesh is the picture plane', () => {
    expect(middle(square(onWall, [0, 0, 1]))).toEqual([close(-HALF), close(0), close(HALF)])
  })

  it('lie where the map has them, texel by texel, whichever way the UVs run', () => {
    const [size, at] = [8, (x: number, y: number) => [0.1 * (x - 3), 0.05 * (y - 3), 1]]
    const sums = Float32Array.from({ length: size * size * 3 }, (_, i) => at(Math.floor(i / 3) % size, Math.floor(i / 3 / size))[i % 3])
    const bake = (target: OntoTarget) => bakeNormalsOnto({ map: { width: size, height: size }, normals: { width: size, height: size, sums }, targets: [target] }, size, wall).sums
    const unit = (normal: number[]) => normal.map((value) => expect.closeTo(value / Math.hypot(...normal), 5))
    const upright = bake(square(onWall, [0, 0, 1]))
    const turned = bake(square(onWall, [0, 0, 1], { uvs: Float32Array.of(0, 1, 1, 1, 1, 0, 0, 0) }))
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const texel = (y * size + x) * 3
        expect([...upright.subarray(texel, texel + 3)], `${x}, ${y}`).toEqual(unit(at(x, y)))
        // Where u grows downward and v to the left, the texel shows what lies so far down and so far from the right.
        const [right, up, toward] = at(size - 1 - y, x)
        expect([...turned.subarray(texel, texel + 3)], `${x}, ${y}, turned`).toEqual(unit([-up, right, toward]))
      }
    }

    // Slanted UVs, in the directions of the picture: u = .1 + .51 s + .21 t and v = .15 + .31 s + .43 t at the place (s, t) of it.
    const corners = [[0, 0], [0, 1], [1, 1], [1, 0]]
    const uvs = Float32Array.from(corners.flatMap(([s, t]) => [0.1 + 0.51 * s + 0.21 * t, 0.15 + 0.31 * s + 0.43 * t]))
    const slanted = bake(square(onWall, [0, 0, 1], { uvs, tangents: Float32Array.from(corners.flatMap(() => [1, 0, 0, 1])) }))
    const alongUvs = bake(square(onWall, [0, 0, 1], { uvs }))
    // Where v stays the same, u grows to the right and upward.
    const [cosine, sine] = [0.43 / Math.hypot(0.43, 0.31), 0.31 / Math.hypot(0.43, 0.31)]
    let covered = 0
    for (let texel = 0; texel < size * size; texel++) {
      const [u, v] = [((texel % size) + 0.5) / size - 0.1, (Math.floor(texel / size) + 0.5) / size - 0.15]
      const [s, t] = [(0.43 * u - 0.21 * v) / 0.1542, (0.51 * v - 0.31 * u) / 0.1542]
      const isInside = s > 0 && s < 1 && t > 0 && t < 1
      expect([...slanted.subarray(texel * 3, texel * 3 + 3)], `texel ${texel}`).toEqual(isInside ? unit(at(Math.floor(s * size), Math.floor(t * size))) : [0, 0, 0])
      if (!isInside) continue
      const [right, up, toward] = at(Math.floor(s * size), Math.floor(t * size))
      expect([...alongUvs.subarray(texel * 3, texel * 3 + 3)], `texel ${texel}, without tangents`).toEqual(unit([right * cosine + up * sine, up * cosine - right * sine, toward]))
      covered++
    }
    expect(covered).toBe(10)
  })

  it('are straight up where the mesh is the surface itself: nothing is left to add', () => {
    const onSlope = (u: number, v: number) => [4 * u - 2, 2 - 4 * v, 4 * u]
    expect(middle(square(onSlope, [-HALF, 0, HALF]))).toEqual([close(0), close(0), close(1)])
  })

  it('follow the directions of the UVs, turned and mirrored', () => {
    const turned = square(onWall, [0, 0, 1], { uvs: Float32Array.of(0, 1, 1, 1, 1, 0, 0, 0) }) // u grows downward in space, v to the left
    expect(middle(turned)).toEqual([close(0), close(-HALF), close(HALF)])
    const mirrored = square(onWall, [0, 0, 1], { uvs: Float32Array.of(1, 0, 1, 1, 0, 1, 0, 0) })
    expect(middle(mirrored)).toEqual([close(HALF), close(0), close(HALF)])
  })

  it('follow the tangents of the file where it has some', () => {
    const tangents = Float32Array.from([0, 1, 2, 3].flatMap(() => [-1, 0, 0, 1]))
    expect(middle(square(onWall, [0, 0, 1], { tangents }))).toEqual([close(HALF), close(0), close(HALF)])
  })

  it('find the ground lying down', () => {
    const onGround = (u: number, v: number) => [4 * u - 2, 0, 4 * v - 2]
    expect(middle(square(onGround, [0, 1, 0]), { ...wall, orientation: 'ground' })).toEqual([close(-HALF), close(0), close(HALF)])
    const turned = square(onGround, [0, 1, 0], { uvs: Float32Array.of(0, 1, 1, 1, 1, 0, 0, 0) })
    expect(middle(turned, { ...wall, orientation: 'ground' })).toEqual([close(0), close(-HALF), close(HALF)])
  })

  it('find the pixel that a perspective camera sees the place in', () => {
    // 90°: the picture spans ±z. A flat map at far = 10 m, with a tilted left half.
    const view = { ...wall, projection: 'perspective', fovY: 90 } as const
    const flat = { ...slope, disparity: new Float32Array(SIZE * SIZE) }
    const half = bakeNormals(flat, SIZE, view)
    for (let i = 0; i < SIZE * SIZE; i++) if (i % SIZE < SIZE / 2) half.sums.set([HALF, 0, HALF], i * 3)
    const at = (left: number) => middle(square((u, v) => [left + u, 0.5 - v, -5], [0, 0, 1]), view, { map: flat, normals: half })
    expect(at(-2)).toEqual([close(HALF), close(0), close(HALF)])
    expect(at(1)).toEqual([close(0), close(0), close(1)])
    expect(at(50)).toEqual([0, 0, 0])
  })
})
