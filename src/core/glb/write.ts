import { Document, Format, Logger, type GLTF, type Material, type Node, type Texture, TextureInfo, VertexLayout, WebIO } from '@gltf-transform/core'
import { EXTTextureAVIF, EXTTextureWebP, KHRMaterialsUnlit, KHRMeshQuantization, KHRTextureBasisu, KHRTextureTransform } from '@gltf-transform/extensions'
import { countedTravel, parallaxOfRange, type SourceCamera } from '../camera.js'
import type { DisparityMap } from '../depth/convention.js'
import { DepthMeshError } from '../errors.js'
import type { LevelError } from '../mesh/error/error.js'
import type { Mesh } from '../mesh/unproject.js'
import type { Settings } from '../options.js'
import type { EncodedImage } from '../texture/encode.js'
import { layOutGlb } from './container.js'
import { materialOf } from './material.js'
import { keepMeshes, packMeshes } from './pack.js'
import type { Filtered, PackedMesh, PackPlan, Rounding } from './packing.js'
import { screenCoverages } from './screen-coverage.js'

/** Without a version, so that a new release of a dependency doesn't change the bytes of every asset. */
const GENERATOR = 'depthmesh'
const QUIET = new Logger(Logger.Verbosity.SILENT)
/** Base colour of a surface without a picture: plaster, so that its shading has room above and below. */
const PLASTER: [number, number, number, number] = [0.8, 0.8, 0.8, 1]
/** The glTF camera sees a little more than the map's range: what lies exactly at `near` or `far` would be clipped by rounding. */
const CAMERA_MARGIN = 0.5
/** Stands for 1 in a signed byte. */
const ONE = 127

/** What `compression` means for buffers. */
const MESHOPT = { meshopt: 'EXT_meshopt_compression', khr_meshopt: 'KHR_meshopt_compression', quantize: null, none: null } as const

/** A picture of a level. */
export interface GlbImage extends EncodedImage {
  /** The name of its own file, beside the GLB; without one it lies inside. */
  file?: string | undefined
}

/** One surface of a level: `front` is what the map shows, `backdrop` the hidden layer behind it. */
export interface GlbLayer {
  role: 'front' | 'backdrop'
  mesh: Mesh
  /** Its picture. Layers that share one object share one texture. */
  color: GlbImage | null
  /** Its normal map, over constant frames; only used when lit. */
  normalMap: EncodedImage | null
}

/** One level. */
export interface GlbContent {
  name: string
  layers: GlbLayer[]
  /** The source view; `null` for orthographic maps. */
  camera: SourceCamera | null
  /** Size of the depth map, pixels, and, if it is orthographic, its height, metres: metric maps and variations have one of their own, whatever the setting. */
  map: Pick<DisparityMap, 'width' | 'height' | 'relief'>
  /** The level's deviation from the map. */
  error: LevelError
}

/** A file, and what is in it. */
export interface WrittenGlb {
  bytes: Uint8Array
  /** In all layers, as stored: rounding may have closed a few. */
  triangles: number
  vertices: number
  /** The level's deviation from the map, rounding included. */
  error: LevelError
  /** Of the vertices as stored, metres. */
  bounds: { min: [number, number, number]; max: [number, number, number] }
}

/**
 * Writes a level as a GLB: a mesh with a primitive and a material for each layer, and the source view as a camera. Self-contained, but for pictures that have a `file` of their own.
 *
 * Several levels, fine → coarse, go into one GLB with `MSFT_lod`, each with textures of its own. Coarse levels come first in the file, so that Babylon.js, asking for ranges of bytes, shows the coarsest
 * after a few kilobytes. What is counted is the finest level.
 *
 * Same contents, same bytes.
 *
 * @param contents at least one level.
 * @throws DepthMeshError `INTERNAL` where a vertex would lie nowhere
 */
export async function writeGlb(contents: readonly GlbContent[], settings: Settings): Promise<WrittenGlb> {
  const document = new Document().setLogger(QUIET)
  document.getRoot().getAsset().generator = GENERATOR
  document.createBuffer()
  const [{ name, camera, error }] = contents
  const scene = document.createScene(name)
  document.getRoot().setDefaultScene(scene)
  const levels: Level[] = []
  const textures = new Map<GlbImage, Texture>()
  for (const content of contents.toReversed()) levels.unshift(await addLevel(document, content, { settings, textures }))
  const [finest] = levels
  scene.addChild(finest.node)
  if (camera) scene.addChild(sourceView(document, camera))

  const io = new WebIO()
    .setLogger(QUIET)
    .setVertexLayout(VertexLayout.SEPARATE)
    .registerExtensions([EXTTextureAVIF, EXTTextureWebP, KHRMaterialsUnlit, KHRMeshQuantization, KHRTextureBasisu, KHRTextureTransform])
  const written = await io.writeJSON(document, { format: Format.GLB })
  if (levels.length > 1) linkLevels(written.json, levels.map(({ node }) => document.getRoot().listNodes().indexOf(node)), contents)
  const stored = storedAccessors(written.json, levels.toReversed())
  const bytes = layOutGlb(written, { meshopt: MESHOPT[settings.compression], stored, beside: picturesBeside(document, textures) })
  return {
    bytes,
    triangles: sum(finest.packed.map(({ indices }) => indices.length / 3)),
    vertices: sum(finest.packed.map(({ positions }) => positions.values.length / 3)),
    error: withRounding(error, finest.rounding),
    bounds: unite(levels.map(boundsOf)),
  }
}

/** `MSFT_lod`: the finest node names the coarser ones; only the finest stands in the scene. */
function linkLevels(json: GLTF.IGLTF, [finest, ...coarser]: readonly number[], contents: readonly GlbContent[]): void {
  const node = (json.nodes ?? [])[finest]
  node.extensions = { MSFT_lod: { ids: coarser } }
  node.extras = { MSFT_screencoverage: screenCoverages(contents.map(({ error, layers: [front] }) => ({ error, color: front.color })), contents[0].map) }
  json.extensionsUsed = [...(json.extensionsUsed ?? []), 'MSFT_lod'].sort()
}

/** By accessor: what the codec stores where that is not its own numbers. Levels in the order of the document's meshes. */
function storedAccessors({ meshes = [] }: GLTF.IGLTF, levels: readonly Level[]): Map<number, Filtered> {
  const accessors = new Map<number, Filtered>()
  for (const [i, { packed }] of levels.entries()) {
    for (const [j, { positions, uvs }] of packed.entries()) {
      const { POSITION, TEXCOORD_0 } = meshes[i].primitives[j].attributes
      if (positions.stored) accessors.set(POSITION, positions.stored)
      if (uvs.stored) accessors.set(TEXCOORD_0, uvs.stored)
    }
  }
  return accessors
}

/** By index: the URI of each picture that has a file of its own. */
function picturesBeside(document: Document, textures: ReadonlyMap<GlbImage, Texture>): Map<number, string> {
  const order = document.getRoot().listTextures()
  return new Map([...textures].flatMap(([{ file }, texture]) => (file === undefined ? [] : [[order.indexOf(texture), encodeURIComponent(file)] as const])))
}

/** What storing adds to a level's error. */
function withRounding({ metres, pixels, p99 }: LevelError, rounding: Rounding): LevelError {
  return {
    metres: metres + rounding.metres,
    pixels: pixels + rounding.pixels,
    p99: { metres: p99.metres + rounding.p99.metres, pixels: p99.pixels + rounding.p99.pixels },
  }
}

interface Level {
  node: Node
  packed: PackedMesh[]
  rounding: Rounding
}

/** Adds a level's mesh on a node of its own. */
async function addLevel(document: Document, content: GlbContent, { settings, textures }: { settings: Settings } & Pick<MaterialContext, 'textures'>): Promise<Level> {
  const { lit, doubleSided } = materialOf(settings, content.layers.some(({ color }) => color !== null))
  const plan: PackPlan = { map: content.map, camera: content.camera, placed: settings, parallax: parallaxOf(content, settings), error: content.error, lit, solid: settings.solid, integers: MESHOPT[settings.compression] === null }
  const meshes = content.layers.map(({ mesh }) => mesh)
  const { meshes: packed, placement, rounding } = settings.compression === 'none' ? await keepMeshes(meshes, plan) : await packMeshes(meshes, plan)
  const { translation, rotation, scale } = placement
  const mesh = document.createMesh(content.name)
  for (const [i, layer] of content.layers.entries()) {
    const material = createMaterial(document, layer, packed[i], { name: content.name, lit, doubleSided, textures })
    mesh.addPrimitive(createPrimitive(document, packed[i], lit).setMaterial(material))
  }
  return { node: document.createNode(content.name).setMesh(mesh).setTranslation(translation).setRotation(rotation).setScale(scale), packed, rounding }
}

/** Source pixels between the nearest and the farthest point when the camera has moved by `travel`. */
function parallaxOf({ camera, map }: GlbContent, settings: Settings): number {
  if (!camera) return 0
  return parallaxOfRange(map, camera, countedTravel(settings, camera))
}

function createPrimitive(document: Document, packed: PackedMesh, lit: boolean) {
  const count = packed.positions.values.length / 3
  const accessor = (type: 'SCALAR' | 'VEC2' | 'VEC3' | 'VEC4', array: Uint16Array | Int16Array | Uint32Array | Float32Array | Int8Array) =>
    document
      .createAccessor()
      .setType(type)
      .setArray(array as Float32Array<ArrayBuffer>)
      .setNormalized(array instanceof Int8Array)
      .setBuffer(document.getRoot().listBuffers()[0])
  const quantized = [packed.positions, packed.uvs].some(({ values }) => !(values instanceof Float32Array))
  if (quantized || lit) document.createExtension(KHRMeshQuantization).setRequired(true)
  const primitive = document
    .createPrimitive()
    .setAttribute('POSITION', accessor('VEC3', packed.positions.values))
    .setAttribute('TEXCOORD_0', accessor('VEC2', packed.uvs.values))
    .setIndices(accessor('SCALAR', count <= 65_535 ? Uint16Array.from(packed.indices) : packed.indices))
  if (lit) {
    // The frame of the base plane at every vertex: the normal map says the rest, so that all levels look alike.
    primitive.setAttribute('NORMAL', accessor('VEC3', Int8Array.from({ length: count * 3 }, (_, i) => (i % 3 === 2 ? ONE : 0))))
    primitive.setAttribute('TANGENT', accessor('VEC4', Int8Array.from({ length: count * 4 }, (_, i) => (i % 4 === 0 || i % 4 === 3 ? ONE : 0))))
  }
  return primitive
}

interface MaterialContext {
  name: string
  lit: boolean
  doubleSided: boolean
  /** Of all levels: each picture is written once. */
  textures: Map<GlbImage, Texture>
}

function createMaterial(document: Document, layer: GlbLayer, packed: PackedMesh, { name, lit, doubleSided, textures }: MaterialContext): Material {
  const material = document.createMaterial(`${name} ${layer.role}`).setRoughnessFactor(1).setMetallicFactor(0)
  material.setDoubleSided(doubleSided)
  if (!lit) material.setExtension('KHR_materials_unlit', document.createExtension(KHRMaterialsUnlit).createUnlit())
  if (layer.color) {
    material.setBaseColorTexture(textureOf(document, layer.color, `${layer.role} color`, textures))
    placeTexture(document, material.getBaseColorTextureInfo(), packed)
  } else {
    material.setBaseColorFactor(PLASTER)
  }
  if (lit && layer.normalMap) {
    material.setNormalTexture(textureOf(document, layer.normalMap, `${layer.role} normals`, textures))
    placeTexture(document, material.getNormalTextureInfo(), packed)
  }
  return material
}

function textureOf(document: Document, image: GlbImage, name: string, textures: MaterialContext['textures']): Texture {
  const known = textures.get(image)
  if (known) return known
  if (image.mimeType === 'image/webp') document.createExtension(EXTTextureWebP).setRequired(true)
  if (image.mimeType === 'image/avif') document.createExtension(EXTTextureAVIF).setRequired(true)
  if (image.mimeType === 'image/ktx2') document.createExtension(KHRTextureBasisu).setRequired(true)
  const texture = document.createTexture(name).setImage(image.bytes as Uint8Array<ArrayBuffer>).setMimeType(image.mimeType)
  textures.set(image, texture)
  return texture
}

/** Pictures end at the surface's edge; stored UVs become 0..1 by `KHR_texture_transform`. */
function placeTexture(document: Document, info: TextureInfo | null, packed: PackedMesh): void {
  if (!info) return
  const { MagFilter, MinFilter, WrapMode } = TextureInfo
  info.setWrapS(WrapMode.CLAMP_TO_EDGE).setWrapT(WrapMode.CLAMP_TO_EDGE).setMagFilter(MagFilter.LINEAR).setMinFilter(MinFilter.LINEAR_MIPMAP_LINEAR)
  const { uvScale, uvOffset } = packed
  if (uvScale[0] === 1 && uvScale[1] === 1 && uvOffset[0] === 0 && uvOffset[1] === 0) return
  const transform = document.createExtension(KHRTextureTransform).setRequired(true).createTransform().setScale(uvScale).setOffset(uvOffset)
  info.setExtension('KHR_texture_transform', transform)
}

function sourceView(document: Document, { fovY, aspect, near, far }: SourceCamera): Node {
  const camera = document
    .createCamera('source view')
    .setType('perspective')
    .setYFov((fovY * Math.PI) / 180)
    .setAspectRatio(aspect)
    .setZNear(near * CAMERA_MARGIN)
    .setZFar(far / CAMERA_MARGIN)
  return document.createNode('source view').setCamera(camera)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/**
 * Where a level's vertices lie as stored, metres. Its node turns by right angles alone, so the corners of its box tell: 50 times as fast as asking each vertex.
 *
 * @throws DepthMeshError `INTERNAL` where one lies nowhere: engines would show nothing, and not say why.
 */
function boundsOf({ node, packed }: Level): WrittenGlb['bounds'] {
  const low = [Infinity, Infinity, Infinity]
  const high = [-Infinity, -Infinity, -Infinity]
  for (const { positions: { values } } of packed) {
    for (let i = 0; i < values.length; i += 3) {
      for (let axis = 0; axis < 3; axis++) {
        low[axis] = Math.min(low[axis], values[i + axis])
        high[axis] = Math.max(high[axis], values[i + axis])
      }
    }
  }
  const matrix = node.getWorldMatrix()
  const corners = Array.from({ length: 8 }, (_, corner) => {
    const at = [0, 1, 2].map((axis) => ((corner >> axis) & 1 ? high : low)[axis])
    return [0, 1, 2].map((axis) => matrix[axis] * at[0] + matrix[4 + axis] * at[1] + matrix[8 + axis] * at[2] + matrix[12 + axis]) as [number, number, number]
  })
  const bounds = unite(corners.map((corner) => ({ min: corner, max: corner })))
  if ([...bounds.min, ...bounds.max].every(Number.isFinite)) return bounds
  throw new DepthMeshError('INTERNAL', `expected a place for each vertex of ${node.getName()}, got bounds from ${bounds.min.join(', ')} to ${bounds.max.join(', ')} metres`, {
    hint: 'Please report it with the file that caused it; settings whose metres are nearer to 1 may help meanwhile.',
  })
}

function unite(boxes: readonly { min: readonly number[]; max: readonly number[] }[]): WrittenGlb['bounds'] {
  const corner = (pick: (...values: number[]) => number, side: 'min' | 'max'): [number, number, number] => {
    const along = (axis: number) => pick(...boxes.map((box) => box[side][axis]))
    return [along(0), along(1), along(2)]
  }
  return { min: corner(Math.min, 'min'), max: corner(Math.max, 'max') }
}
