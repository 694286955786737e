import { Document, WebIO } from '@gltf-transform/core'
import { describe, expect, it } from 'vitest'
import { readUnwrapped } from '../../../src/core/glb/read.js'

type Vector = [x: number, y: number, z: number]
const minus = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
const dot = (a: Vector, b: Vector) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
const cross = (a: Vector, b: Vector): Vector => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
const unit = (a: Vector): Vector => a.map((value) => value / Math.hypot(...a)) as Vector

/** A vector turned by a quaternion. */
function turn(vector: Vector, [x, y, z, w]: readonly [number, number, number, number]): Vector {
  const around = cross([x, y, z], vector)
  const again = cross([x, y, z], around)
  return vector.map((value, axis) => value + 2 * (w * around[axis] + again[axis])) as Vector
}

/** A slanted triangle, counter-clockwise as seen from where its normal points. */
const CORNERS: Vector[] = [[0, 0, 0], [2, 0.5, 0.25], [0.5, 1, -0.75]]
const NORMAL = unit(cross(CORNERS[1], CORNERS[2]))
const TANGENT = unit(CORNERS[1])

async function readUnder(node: { translation?: Vector; rotation?: [number, number, number, number]; scale?: Vector }, indexed = true) {
  const document = new Document()
  const buffer = document.createBuffer()
  const accessor = (type: 'VEC2' | 'VEC3' | 'VEC4', values: number[]) => document.createAccessor().setType(type).setArray(Float32Array.from(values)).setBuffer(buffer)
  const primitive = document
    .createPrimitive()
    .setAttribute('POSITION', accessor('VEC3', CORNERS.flat()))
    .setAttribute('NORMAL', accessor('VEC3', CORNERS.flatMap(() => NORMAL)))
    .setAttribute('TANGENT', accessor('VEC4', CORNERS.flatMap(() => [...TANGENT, -1])))
    .setAttribute('TEXCOORD_0', accessor('VEC2', [0, 0, 0.5, 0.25, 1, 0.75]))
  if (indexed) primitive.setIndices(document.createAccessor().setType('SCALAR').setArray(Uint16Array.of(0, 1, 2)).setBuffer(buffer))
  const { translation = [0, 0, 0], rotation = [0, 0, 0, 1], scale = [1, 1, 1] } = node
  document.createNode().setMesh(document.createMesh().addPrimitive(primitive)).setTranslation(translation).setRotation(rotation).setScale(scale)
  const [mesh, ...others] = await readUnwrapped(await new WebIO().writeBinary(document))
  expect(others).toEqual([])
  const at = (values: Float32Array, vertex: number, stride = 3) => [...values.subarray(vertex * stride, vertex * stride + 3)] as Vector
  return { ...mesh, corners: [0, 1, 2].map((vertex) => at(mesh.positions, vertex)), normal: at(mesh.normals, 0), tangent: at(mesh.tangents!, 0, 4) }
}

describe('a GLB of someone else’s making', () => {
  it('is read as it is where its node stands in the origin', async () => {
    const { corners, normal, tangent, tangents, uvs, indices } = await readUnder({})
    expect(corners).toEqual(CORNERS)
    expect(normal).toEqual(NORMAL.map((value) => expect.closeTo(value, 6)))
    expect(tangent).toEqual(TANGENT.map((value) => expect.closeTo(value, 6)))
    expect([tangents![3], [...uvs], [...indices]]).toEqual([-1, [0, 0, 0.5, 0.25, 1, 0.75], [0, 1, 2]])
  })

  // Turns around axes, as quaternions, and each axis at another scale.
  const [sine, cosine] = [Math.sin(Math.PI / 8), Math.cos(Math.PI / 8)]
  const rotations: [x: number, y: number, z: number, w: number][] = [
    [sine / 3, (2 * sine) / 3, (2 * sine) / 3, cosine],
    [Math.SQRT1_2, 0, 0, Math.SQRT1_2],
    [0, 0, Math.SQRT1_2, Math.SQRT1_2],
    [0.5, 0.5, 0.5, 0.5],
    [0.5, 0.5, 0.5, -0.5],
  ]
  it.each<[string, Vector, boolean]>([
    ['scaled unevenly', [0.5, 2, 3], true],
    ['mirrored', [-0.5, 2, 3], true],
    ['mirrored, without indices', [0.5, 2, -3], false],
  ])('is read as an engine shows it where its node is moved, turned and %s', async (_, scale, indexed) => {
    for (const rotation of rotations) {
      const { corners: [a, b, c], normal, tangent, indices } = await readUnder({ translation: [10, 20, 30], rotation, scale }, indexed)
      expect(a).toEqual([10, 20, 30].map((value) => expect.closeTo(value, 5)))
      const length = (point: Vector) => Math.hypot(...point.map((value, axis) => value * scale[axis]))
      expect(Math.hypot(...minus(b, a))).toBeCloseTo(length(CORNERS[1]), 5)
      expect(Math.hypot(...minus(c, a))).toBeCloseTo(length(CORNERS[2]), 5)
      // The normal is square to the surface, and the tangent runs along its edge.
      expect(Math.hypot(...normal)).toBeCloseTo(1, 6)
      expect(dot(normal, minus(b, a))).toBeCloseTo(0, 5)
      expect(dot(normal, minus(c, a))).toBeCloseTo(0, 5)
      expect(tangent).toEqual(unit(minus(b, a)).map((value) => expect.closeTo(value, 5)))
      // It points where it pointed, and the triangle is counter-clockwise as seen from there.
      const [p, q, r] = Array.from(indices, (vertex) => [a, b, c][vertex])
      expect(dot(cross(minus(q, p), minus(r, p)), normal)).toBeGreaterThan(0)
      expect(dot(turn(NORMAL.map((value, axis) => value * scale[axis]) as Vector, rotation), normal)).toBeGreaterThan(0)
    }
  })

  it('is refused with what it lacks', async () => {
    const without = async (...names: string[]) => {
      const document = new Document()
      const accessor = document.createAccessor().setType('VEC3').setArray(new Float32Array(9)).setBuffer(document.createBuffer())
      const primitive = document.createPrimitive()
      for (const name of ['POSITION', 'NORMAL', 'TEXCOORD_0']) if (!names.includes(name)) primitive.setAttribute(name, accessor)
      document.createNode().setMesh(document.createMesh().addPrimitive(primitive))
      return readUnwrapped(await new WebIO().writeBinary(document))
    }
    await expect(without('NORMAL')).rejects.toMatchObject({ code: 'INPUT_UNSUPPORTED', message: 'expected positions, normals and UVs in the GLB, found no normals' })
    await expect(without('POSITION', 'TEXCOORD_0')).rejects.toMatchObject({ message: 'expected positions, normals and UVs in the GLB, found no positions and UVs' })
  })
})
