import { OrthographicCamera, Group, PerspectiveCamera, Vector3 } from 'three'
import { describe, expect, it } from 'vitest'
import type { DepthAsset, DepthLod } from '../../src/core/glb/manifest.js'
import { chooseLevel, screenError, viewOf } from '../../src/three/level.js'

const HEIGHT = 1000

/** @param pixels … and metres that 99 of 100 pixels stay below: the rule looks at no others */
function lod(pixels: number, metres: number, textureSize = 0): DepthLod {
  return { url: '', triangles: 0, vertices: 0, bytes: 0, error: { metres: NaN, pixels: NaN, p99: { metres, pixels } }, textureSize, screenCoverage: 0 }
}

/** A picture of 500 px with a field of view of 90°, from 1 m to 10 m. */
const picture: DepthAsset = {
  name: 'picture',
  size: { width: 500, height: 500 },
  lods: [lod(0, 0)],
  bounds: { min: [-10, -10, -10], max: [10, 10, -1] },
  placeholder: '',
  camera: { fovY: 90, aspect: 1, near: 1, far: 10 },
  material: { lit: false, doubleSided: false },
  variants: [],
}
const relief: DepthAsset = { ...picture, name: 'relief', bounds: { min: [-5, 0, -5], max: [5, 1, 5] }, camera: null }

/** A camera with a field of view of 90°: half the screen's height is one unit of tangent. */
function cameraAt(x: number, y: number, z: number) {
  const camera = new PerspectiveCamera(90, 1)
  camera.position.set(x, y, z)
  camera.updateMatrixWorld()
  return camera
}

function errorOf(asset: DepthAsset, level: DepthLod, camera: PerspectiveCamera | OrthographicCamera, object = new Group()) {
  return screenError(asset, level, viewOf(asset, object, camera, HEIGHT, new Vector3()))
}

describe('screenError', () => {
  it('turns source pixels into screen pixels: 3 px of 500 are 6 px of 1000 under the same field of view', () => {
    expect(errorOf(picture, lod(3, 100), cameraAt(0, 0, 0))).toBeCloseTo(6)
  })

  it('grows in proportion once the camera leaves the source view by more than a tenth of near', () => {
    expect(errorOf(picture, lod(3, 100), cameraAt(0.1, 0, 0))).toBeCloseTo(6)
    expect(errorOf(picture, lod(3, 100), cameraAt(0.4, 0, 0))).toBeCloseTo(24)
    const far: DepthAsset = { ...picture, camera: { fovY: 90, aspect: 1, near: 4, far: 10 } }
    expect(errorOf(far, lod(3, 100), cameraAt(0.8, 0, 0))).toBeCloseTo(12)
  })

  it('takes metres over distance where that is the smaller bound, as for a picture seen from afar', () => {
    expect(errorOf(picture, lod(3, 0.5), cameraAt(0, 0, 99))).toBeCloseTo((0.5 / 100) * 500)
  })

  it('gives a relief its metres over the distance to its bounds', () => {
    expect(errorOf(relief, lod(0, 0.1), cameraAt(0, 11, 0))).toBeCloseTo((0.1 / 10) * 500)
  })

  it('takes the distance to whichever side or corner of the bounds is nearest', () => {
    const long: DepthAsset = { ...relief, bounds: { min: [-5, 0, -3], max: [5, 1, 4] } }
    for (const [x, y, z] of [[8, 0.5, 8], [-8, 0.5, -7], [0, 6, 0], [0, -5, 0], [9, -3, 0]]) expect(errorOf(long, lod(0, 0.1), cameraAt(x, y, z)), `${x} ${y} ${z}`).toBeCloseTo((0.1 / 5) * 500)
  })

  it('asks for the finest level of a relief when the camera is inside its bounds', () => {
    expect(errorOf(relief, lod(0, 0.1), cameraAt(0, 0.5, 0))).toBe(Infinity)
    expect(errorOf(relief, lod(0, 0), cameraAt(0, 0.5, 0))).toBe(0)
  })

  it('does not change when the asset and the distance are scaled together', () => {
    const object = new Group()
    object.scale.setScalar(20)
    expect(errorOf(relief, lod(0, 0.1), cameraAt(0, 220, 0), object)).toBeCloseTo(errorOf(relief, lod(0, 0.1), cameraAt(0, 11, 0)))
  })

  it('follows the zoom of an orthographic camera, wherever it stands', () => {
    const camera = new OrthographicCamera(-5, 5, 5, -5)
    camera.position.set(0, 300, 0)
    camera.updateMatrixWorld()
    expect(errorOf(relief, lod(0, 0.1), camera)).toBeCloseTo(10)
    camera.zoom = 4
    camera.updateProjectionMatrix()
    expect(errorOf(relief, lod(0, 0.1), camera)).toBeCloseTo(40)
    const object = new Group()
    object.scale.setScalar(3)
    expect(errorOf(relief, lod(0, 0.1), camera, object)).toBeCloseTo(120)
    // By whatever else its place in the scene is scaled.
    const parent = new Group().add(object)
    parent.scale.setScalar(2)
    expect(errorOf(relief, lod(0, 0.1), camera, object)).toBeCloseTo(240)
    // What a pixel of its source view errs by says nothing where no ray leans.
    expect(errorOf(picture, lod(1e-6, 0.1), camera)).toBeCloseTo(40)
  })
})

describe('screenError of textures', () => {
  const textured: DepthAsset = { ...picture, lods: [lod(0, 0, 500), lod(0, 0, 250), lod(0, 0, 125)] }

  it('counts a texel of one and a half screen pixels as an error of one, where a finer level has finer texels', () => {
    // 500 source pixels over 1000 screen pixels: a texel of the finest covers 2.
    expect(textured.lods.map((level) => errorOf(textured, level, cameraAt(0, 0, 0)))).toEqual([0, expect.closeTo(4 / 1.5), expect.closeTo(8 / 1.5)])
  })

  it('lets it shrink as the camera steps back behind the source view', () => {
    // The farthest surface, at 10 m, is seen from 100 m: a tenth.
    expect(errorOf(textured, textured.lods[1], cameraAt(0, 0, 90))).toBeCloseTo(4 / 1.5 / 10)
    // Within the picture there is no telling what is near.
    expect(errorOf(textured, textured.lods[1], cameraAt(0, 0, -5))).toBeCloseTo(4 / 1.5)
  })

  it('takes the texels of a relief at its nearest point', () => {
    // 10 m over 250 texels are 4 cm, seen from 10 m with 500 px a unit: 2 px.
    const wall = { ...relief, lods: textured.lods }
    expect(errorOf(wall, wall.lods[1], cameraAt(0, 11, 0))).toBeCloseTo(2 / 1.5)
  })

  it('takes the longer side of a picture for that of its texture', () => {
    const portrait = { ...textured, size: { width: 250, height: 500 } }
    expect(errorOf(portrait, portrait.lods[1], cameraAt(0, 0, 0))).toBeCloseTo(4 / 1.5)
  })

  it('takes those of a view in perspective across its bounds where an orthographic camera looks on', () => {
    // 20 m over 250 texels are 8 cm, of which 1 m is 100 px.
    expect(errorOf(textured, textured.lods[1], new OrthographicCamera(-5, 5, 5, -5))).toBeCloseTo(8 / 1.5)
  })
})

describe('chooseLevel', () => {
  it('takes the coarsest level whose error stays under a pixel', () => {
    expect(chooseLevel([0.05, 0.25, 0.6, 4.5], 0, 0)).toBe(2)
  })

  it('takes the finest when none is good enough, but never finer than asked for', () => {
    expect(chooseLevel([5, 6, 7, 8], 3, 0)).toBe(0)
    expect(chooseLevel([5, 6, 7, 8], 3, 1)).toBe(1)
  })

  it('stays where it is between .7 and 1 px, whichever side it came from', () => {
    expect(chooseLevel([0.1, 0.85], 0, 0)).toBe(0)
    expect(chooseLevel([0.1, 0.85], 1, 0)).toBe(1)
  })

  it('switches at most once while the error swings around one value', () => {
    let level = 0
    let switches = 0
    for (let step = 0; step < 200; step++) {
      const next = chooseLevel([0, 0.85 + 0.12 * Math.sin(step)], level, 0)
      if (next !== level) switches++
      level = next
    }
    expect(switches).toBeLessThanOrEqual(1)
  })

  it('passes over levels that could not be loaded, and stays when none can', () => {
    expect(chooseLevel([NaN, 5, 9], 2, 0)).toBe(1)
    expect(chooseLevel([NaN, NaN, NaN], 2, 0)).toBe(2)
  })
})
