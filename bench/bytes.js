/**
 * Bytes of geometry a triangle, and what rounding costs, against gltfpack -cc and glTF-Transform's `meshopt` on the very same meshes. Pictures and JSON are left out;
 * both are the same for all.
 *
 * One layer: no hidden one. The peers get what people give them: positions, UVs and smooth normals; "no normals" is the least that can be given.
 */
import { Document, Logger, WebIO } from '@gltf-transform/core'
import { ALL_EXTENSIONS } from '@gltf-transform/extensions'
import { meshopt } from '@gltf-transform/functions'
import { pack as gltfpack } from 'gltfpack'
import { MeshoptDecoder, MeshoptEncoder } from 'meshoptimizer'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { bakeDepthMesh } from '../dist/core/index.js'
import { markdownTable } from './support/measure.js'
import { realMaps } from './support/real.js'
import { colorPng, depthPng, room, spheres, terrain } from './support/scenes.js'
import { smoothNormals } from './support/smooth-normals.js'

const SIZE = 2048
const REAL = fileURLToPath(new URL('../../shared/data/', import.meta.url))
const PHOTOS = ['hotdog', 'desertrace']
const QUIET = new Logger(Logger.Verbosity.SILENT)
const io = new WebIO().setLogger(QUIET).registerExtensions(ALL_EXTENSIONS).registerDependencies({ 'meshopt.decoder': MeshoptDecoder, 'meshopt.encoder': MeshoptEncoder })

export async function run() {
  await Promise.all([MeshoptDecoder.ready, MeshoptEncoder.ready])
  const rows = []
  for (const { scene, depth, color } of await cases()) {
    const bake = (settings) => bakeDepthMesh({ name: scene.name, depth, color }, { settings: { ...scene.settings, clean: false, travel: 0, texture: { size: 16 }, normalMap: { size: 16 }, ...settings } })
    const [raw, unlit, lit] = [await bake({ compression: 'none' }), await bake({}), await bake({ shading: 'lit' })]
    const sums = {}
    for (const level of raw.files.keys()) {
      const bare = await io.readBinary(raw.files[level].bytes)
      const meshes = {
        unlit: unlit.files[level].bytes,
        lit: lit.files[level].bytes,
        'gltfpack -cc': await packed(await io.writeBinary(withNormals(bare, true))),
        'gltfpack -cc, no normals': await packed(await io.writeBinary(withNormals(bare, false))),
        'glTF-Transform meshopt': await transformed(withNormals(bare, true)),
      }
      const triangles = raw.manifest.lods[level].triangles
      const perTriangle = {}
      const ours = await rounding(unlit.files[level].bytes, bare, raw.manifest, scene)
      const theirs = await rounding(meshes['gltfpack -cc'], bare, raw.manifest, scene)
      meshes[AS_EXACT] = await packedAsExactly(bare, ours.slip, (glb) => rounding(glb, bare, raw.manifest, scene))
      for (const [name, glb] of Object.entries(meshes)) {
        const bytes = geometryBytes(glb)
        sums[name] = (sums[name] ?? 0) + bytes
        perTriangle[name] = bytes / triangles
      }
      const told = [ours, theirs].map(({ slip, depth }) => `${slip.toFixed(2)} / ${depth.toFixed(2)}`)
      rows.push([`${scene.name} ${scene.width}×${scene.height}`, level, triangles, ...CONTENDERS.map((name) => perTriangle[name].toFixed(2)), ...told, ...ratios(perTriangle)])
    }
    rows.push([scene.name, 'chain', '', ...CONTENDERS.map((name) => `${(sums[name] / 1024).toFixed(0)} KiB`), '', '', ...ratios(sums)])
  }
  const head = ['map', 'level', 'triangles', ...CONTENDERS, 'slip / depth, px', 'of gltfpack', 'unlit ÷ gltfpack', 'lit ÷ gltfpack', 'unlit ÷ gltfpack, as exact']
  return `${TEXT}\n\n${markdownTable(head, rows)}`
}

/** Seeded scenes, and two photos where the shared inputs stand beside the checkout. */
async function cases() {
  const scenes = await Promise.all([terrain(SIZE), room(SIZE), spheres(SIZE)].map(async (scene) => ({ scene, depth: await depthPng(scene), color: await colorPng(scene) })))
  const photos = existsSync(REAL) ? realMaps().filter(({ name }) => PHOTOS.includes(name)) : []
  for (const { name, file, color, width, height, sidecar } of photos) {
    scenes.push({ scene: { name, width, height, settings: sidecar ?? {} }, depth: readFileSync(REAL + file), color: readFileSync(REAL + color) })
  }
  return scenes
}

const AS_EXACT = 'gltfpack -cc, as exact'
const CONTENDERS = ['unlit', 'lit', 'gltfpack -cc', 'gltfpack -cc, no normals', AS_EXACT, 'glTF-Transform meshopt']
const ratios = (bytes) => [['unlit', 'gltfpack -cc'], ['lit', 'gltfpack -cc'], ['unlit', AS_EXACT]].map(([ours, theirs]) => (bytes[ours] / bytes[theirs]).toFixed(2))

const TEXT = `Bytes of geometry a triangle. Rounding, at most: slip is how far a vertex and the pixel that its UV names lie apart in the source view, depth what a camera sees of it that has
moved by a tenth of \`near\`; of reliefs their height in pixels, an eighth of the level's error at most. As exact: gltfpack with as many bits more than its 14 and 12 as bring its slip down to ours, or as
near as it comes.

Targets: unlit ≤ 0.85, lit ≤ 0.95 at LOD 0, chains ≤ 0.80. Indices take 1.12 to 1.25 bytes of each in both.`

/** A copy of the first mesh alone, with area-weighted smooth normals where asked for. */
function withNormals(source, normals) {
  const from = source.getRoot().listMeshes()[0].listPrimitives()[0]
  const document = new Document().setLogger(QUIET)
  const buffer = document.createBuffer()
  const accessor = (type, array) => document.createAccessor().setType(type).setArray(array).setBuffer(buffer)
  const [positions, uvs, indices] = [from.getAttribute('POSITION').getArray(), from.getAttribute('TEXCOORD_0').getArray(), from.getIndices().getArray()]
  const primitive = document
    .createPrimitive()
    .setAttribute('POSITION', accessor('VEC3', positions.slice()))
    .setAttribute('TEXCOORD_0', accessor('VEC2', uvs.slice()))
    .setIndices(accessor('SCALAR', indices.slice()))
    .setMaterial(document.createMaterial().setBaseColorTexture(document.createTexture().setImage(PIXEL).setMimeType('image/png')))
  if (normals) primitive.setAttribute('NORMAL', accessor('VEC3', smoothNormals(positions, indices)))
  document.createScene().addChild(document.createNode().setMesh(document.createMesh().addPrimitive(primitive)))
  return document
}

async function packed(glb, options = []) {
  let output
  await gltfpack(['-i', 'in.glb', '-o', 'out.glb', '-cc', '-kv', ...options], { read: () => glb, write: (_, data) => (output = data.slice()) })
  return output
}

/** Bits of positions and of UVs: integers up to 16, floats beyond. */
const FINER = [[14, 12], [15, 13], [15, 14], [16, 14], [16, 15], [16, 16], [17, 16], [18, 16], [19, 16]]

/** gltfpack's first, coarsest try that slips no farther. */
async function packedAsExactly(bare, slip, measure) {
  const glb = await io.writeBinary(withNormals(bare, true))
  let output
  for (const [position, uv] of FINER) {
    output = await packed(glb, ['-vp', `${position}`, '-vt', `${uv}`, ...(position > 16 ? ['-vpf'] : [])])
    if ((await measure(output)).slip <= slip + 0.005) break
  }
  return output
}

async function transformed(document) {
  await document.transform(meshopt({ encoder: MeshoptEncoder, level: 'high' }))
  return io.writeBinary(document)
}

/** Compressed bytes of vertices and indices; those that several views are made of count once. */
function geometryBytes(glb) {
  const view = new DataView(glb.buffer, glb.byteOffset, glb.byteLength)
  const json = JSON.parse(new TextDecoder().decode(glb.subarray(20, 20 + view.getUint32(12, true))))
  const pieces = new Map(json.bufferViews.flatMap(({ extensions }) => (extensions?.EXT_meshopt_compression ? [[extensions.EXT_meshopt_compression.byteOffset, extensions.EXT_meshopt_compression.byteLength]] : [])))
  return [...pieces.values()].reduce((sum, bytes) => sum + bytes, 0)
}

/**
 * What rounding moved at most, source pixels: vertices against the pixels that their UVs name, and the depth that is there against the same mesh as it was, as parallax after
 * the default `travel`, a tenth of `near`.
 */
async function rounding(glb, bare, { camera }, { width, height, settings }) {
  const focal = camera && height / (2 * Math.tan((camera.fovY * Math.PI) / 360))
  const parallax = (z) => (camera ? (-focal * 0.1 * camera.near) / z : z * (width / settings.width))
  const seen = ([x, y, z]) => {
    const pixels = width / settings.width
    if (camera) return [width / 2 + (x / -z) * focal, height / 2 - (y / -z) * focal, parallax(z)]
    return settings.orientation === 'ground' ? [width / 2 + x * pixels, height / 2 + z * pixels, parallax(y)] : [width / 2 + x * pixels, height / 2 - y * pixels, parallax(z)]
  }
  const cells = new Map()
  const cell = (x, y) => Math.floor(x) * (height + 2) + Math.floor(y)
  for (const { place } of vertices(bare)) {
    const [x, y, depth] = seen(place)
    const at = cell(x, y)
    cells.set(at, [...(cells.get(at) ?? []), depth])
  }
  const most = { slip: 0, depth: 0 }
  for (const { place, uv } of vertices(await io.readBinary(new Uint8Array(glb)))) {
    const [x, y, depth] = seen(place)
    most.slip = Math.max(most.slip, Math.hypot(x - uv[0] * width, y - uv[1] * height))
    // Of what lies within a pixel or two: both sides of a cut do.
    const near = [-1, 0, 1].flatMap((dx) => [-1, 0, 1].flatMap((dy) => cells.get(cell(x + dx, y + dy)) ?? []))
    most.depth = Math.max(most.depth, near.reduce((least, other) => Math.min(least, Math.abs(other - depth)), Infinity))
  }
  return most
}

/** Every vertex of a document: metres, and UVs as a texture is worn. */
function* vertices(document) {
  for (const node of document.getRoot().listNodes()) {
    for (const primitive of node.getMesh()?.listPrimitives() ?? []) {
      const m = node.getWorldMatrix()
      const transform = primitive.getMaterial()?.getBaseColorTextureInfo()?.getExtension('KHR_texture_transform')
      const [scale, offset] = [transform?.getScale() ?? [1, 1], transform?.getOffset() ?? [0, 0]]
      const [position, uv] = [primitive.getAttribute('POSITION'), primitive.getAttribute('TEXCOORD_0')]
      for (let i = 0; i < position.getCount(); i++) {
        const p = position.getElement(i, [])
        yield {
          place: [0, 1, 2].map((axis) => m[axis] * p[0] + m[4 + axis] * p[1] + m[8 + axis] * p[2] + m[12 + axis]),
          uv: uv.getElement(i, []).map((value, axis) => value * scale[axis] + offset[axis]),
        }
      }
    }
  }
}

/** A 1×1 PNG: peers drop UVs that nothing samples. */
const PIXEL = Uint8Array.from(atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='), (char) => char.charCodeAt(0))

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(await run())
