/**
 * Bytes of geometry a triangle, and how far stored UVs and stored positions disagree in the source view, against gltfpack -cc and
 * glTF-Transform's `meshopt` on the very same meshes. Pictures and JSON are left out; both are the same for all.
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
      const [perTriangle, slips] = [{}, {}]
      for (const [name, glb] of Object.entries(meshes)) {
        const bytes = geometryBytes(glb)
        sums[name] = (sums[name] ?? 0) + bytes
        perTriangle[name] = bytes / triangles
        if (name === 'unlit' || name === 'gltfpack -cc') slips[name] = (await slip(glb, raw.manifest, scene)).toFixed(2)
      }
      rows.push([`${scene.name} ${scene.width}×${scene.height}`, level, triangles, ...CONTENDERS.map((name) => perTriangle[name].toFixed(2)), slips.unlit, slips['gltfpack -cc'], ...ratios(perTriangle)])
    }
    rows.push([scene.name, 'chain', '', ...CONTENDERS.map((name) => `${(sums[name] / 1024).toFixed(0)} KiB`), '', '', ...ratios(sums)])
  }
  const head = ['map', 'level', 'triangles', ...CONTENDERS, 'slip, px', 'slip of gltfpack, px', 'unlit ÷ gltfpack', 'lit ÷ gltfpack']
  return `Bytes of geometry a triangle; slip: the farthest that a vertex and the pixel its UV names lie apart in the source view.\n\n${markdownTable(head, rows)}`
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

const CONTENDERS = ['unlit', 'lit', 'gltfpack -cc', 'gltfpack -cc, no normals', 'glTF-Transform meshopt']
const ratios = (bytes) => ['unlit', 'lit'].map((name) => (bytes[name] / bytes['gltfpack -cc']).toFixed(2))

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

async function packed(glb) {
  let output
  await gltfpack(['-i', 'in.glb', '-o', 'out.glb', '-cc', '-kv'], { read: () => glb, write: (_, data) => (output = data.slice()) })
  return output
}

async function transformed(document) {
  await document.transform(meshopt({ encoder: MeshoptEncoder, level: 'high' }))
  return io.writeBinary(document)
}

/** Compressed bytes of vertices and indices. */
function geometryBytes(glb) {
  const view = new DataView(glb.buffer, glb.byteOffset, glb.byteLength)
  const json = JSON.parse(new TextDecoder().decode(glb.subarray(20, 20 + view.getUint32(12, true))))
  return json.bufferViews.reduce((sum, { extensions }) => sum + (extensions?.EXT_meshopt_compression?.byteLength ?? 0), 0)
}

/** The largest distance between where a vertex is seen in the source view and the pixel that its UV names. */
async function slip(glb, { camera }, { width, height, settings }) {
  const document = await io.readBinary(new Uint8Array(glb))
  let most = 0
  for (const node of document.getRoot().listNodes()) {
    for (const primitive of node.getMesh()?.listPrimitives() ?? []) {
      const m = node.getWorldMatrix()
      const transform = primitive.getMaterial()?.getBaseColorTextureInfo()?.getExtension('KHR_texture_transform')
      const [scale, offset] = [transform?.getScale() ?? [1, 1], transform?.getOffset() ?? [0, 0]]
      const [position, uv] = [primitive.getAttribute('POSITION'), primitive.getAttribute('TEXCOORD_0')]
      const focal = camera && height / (2 * Math.tan((camera.fovY * Math.PI) / 360))
      for (let i = 0; i < position.getCount(); i++) {
        const p = position.getElement(i, [])
        const [x, y, z] = [0, 1, 2].map((axis) => m[axis] * p[0] + m[4 + axis] * p[1] + m[8 + axis] * p[2] + m[12 + axis])
        const down = settings.orientation === 'ground' ? z : -y
        const pixels = width / settings.width
        const seen = camera ? [width / 2 + (x / -z) * focal, height / 2 - (y / -z) * focal] : [width / 2 + x * pixels, height / 2 + down * pixels]
        const named = uv.getElement(i, []).map((value, axis) => (value * scale[axis] + offset[axis]) * [width, height][axis])
        most = Math.max(most, Math.hypot(seen[0] - named[0], seen[1] - named[1]))
      }
    }
  }
  return most
}

/** A 1×1 PNG: peers drop UVs that nothing samples. */
const PIXEL = Uint8Array.from(atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='), (char) => char.charCodeAt(0))

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(await run())
