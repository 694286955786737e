/**
 * What the player sees from a moved camera: left photo and measured disparity are baked as shipped, drawn from the second camera, and
 * compared with the photo which that camera really took.
 */
import { fileURLToPath } from 'node:url'
import { Document, Logger, WebIO } from '@gltf-transform/core'
import { ALL_EXTENSIONS, EXTTextureWebP, KHRMaterialsUnlit } from '@gltf-transform/extensions'
import { meshopt } from '@gltf-transform/functions'
import Delatin from 'delatin'
import { MeshoptEncoder } from 'meshoptimizer'
import sharp from 'sharp'
import { bakeDepthMesh } from '../dist/core/index.js'
import { psnr, ssim } from './support/compare.js'
import { readLayers } from './support/glb.js'
import { markdownTable } from './support/measure.js'
import { rasterise } from './support/rasterise.js'
import { availablePairs, fillFromFarSide, loadPair, readPicture, seenShare, softenedDepth, SOFTENINGS } from './support/stereo.js'

const BUDGETS = [100_000, 25_000, 6_000, 1_500]

/**
 * @param {{ pictures?: string }} options pictures: a folder for the rendered views, as PNGs
 * @returns {Promise<string>} Markdown
 */
export async function run({ pictures } = {}) {
  const names = availablePairs()
  if (names.length === 0) return 'No stereo pairs beside this checkout (../shared/data): nothing to compare with.'
  const rows = new Map()
  for (const name of names) {
    const pair = await loadPair(name)
    for (const [label, makeLayers] of contenders(pair)) {
      const layers = await makeLayers()
      const score = await judge(pair, layers, pictures === undefined ? undefined : `${pictures}/${name}-${label.replaceAll(/[^a-z0-9]+/gi, '-')}`)
      if (!rows.has(label)) rows.set(label, [])
      rows.get(label).push(score)
    }
  }
  const mean = (scores, key) => scores.reduce((sum, score) => sum + score[key], 0) / scores.length
  const head = ['', 'triangles', ...names.map((name) => `${name} dB`), 'mean dB', 'SSIM', 'holes %', 'with border dB', 'border holes %', 'source view dB']
  const table = [...rows].map(([label, scores]) => [
    label,
    Math.round(mean(scores, 'triangles')),
    ...scores.map((score) => score.novel.toFixed(2)),
    `**${mean(scores, 'novel').toFixed(2)}**`,
    mean(scores, 'ssim').toFixed(4),
    mean(scores, 'holes').toFixed(2),
    mean(scores, 'whole').toFixed(2),
    mean(scores, 'wholeHoles').toFixed(2),
    mean(scores, 'source').toFixed(2),
  ])
  return `${markdownTable(head, table)}

Second view of each pair, all pixels that look inside the first photo's frame (the border, which only a continued surface can show, is counted under
“with border”). SSIM is taken there too. Peers get unknown pixels filled from the farther side of each row. Enlarged and blurred: the map with soft
silhouettes, in 8 bits, shrunk to a quarter and enlarged again (by sharp, which moves it by half a pixel), as estimators deliver it, or blurred; target + 4 dB. With textures without
loss it is .2 dB more; one that is told the best value within 3 px of every pixel reaches + 4.2 dB (enlarged) and + 4.3 dB (blurred), one that is told all of the true map + 5.0 and + 4.6 dB.`
}

/** Each contender's name and how it makes what is drawn. */
function contenders(pair) {
  const list = [['rubber sheet, full resolution, lossless', async () => [{ ...sheet(pair, fillFromFarSide(pair)), texture: pair.leftPicture }]]]
  list.push(['the same, WebP q80', async () => [{ ...sheet(pair, fillFromFarSide(pair)), texture: await readPicture(await webp(pair)) }]])
  for (const [level, budget] of BUDGETS.entries()) list.push([`delatin, LOD ${level}`, () => delatinLayers(pair, budget)])
  let baked
  for (const level of BUDGETS.keys()) {
    list.push([`depthmesh, LOD ${level}`, async () => {
      baked ??= await bakeDepthMesh({ name: pair.name, depth: pair.depth, color: pair.left }, { settings: { ...pair.settings, lods: BUDGETS } })
      return readLayers(baked.files[level].bytes)
    }])
  }
  for (const how of Object.keys(SOFTENINGS)) {
    list.push([`${how}: rubber sheet`, async () => [{ ...sheet(pair, (await softenedDepth(pair, how)).disparityPx), texture: pair.leftPicture }]])
    list.push([`${how}: depthmesh, LOD 0`, async () => {
      const { depth } = await softenedDepth(pair, how)
      const { files } = await bakeDepthMesh({ name: pair.name, depth, color: pair.left }, { settings: { ...pair.settings, black: 'far', lods: BUDGETS } })
      return readLayers(files[0].bytes)
    }])
  }
  return list
}

/** Draws both views and measures them. */
async function judge(pair, layers, picture) {
  const { width, height, right, leftPicture, baseline, settings } = pair
  const camera = { fovY: settings.fovY, width, height }
  const novel = rasterise(layers, { ...camera, eye: [baseline, 0, 0] })
  const source = rasterise(layers, { ...camera, eye: [0, 0, 0] })
  if (picture !== undefined) {
    await writePicture(novel, `${picture}.png`)
    await writePicture(source, `${picture}-source.png`)
  }
  const { inFrame } = pair
  const holes = novel.layer.map((layer) => (layer === 0 ? 1 : 0))
  return {
    triangles: layers.reduce((sum, layer) => sum + layer.indices.length / 3, 0),
    novel: psnr(novel.rgb, right.data, inFrame),
    ssim: ssim(novel.rgb, right.data, width, height, inFrame),
    holes: 100 * seenShare(holes, inFrame),
    whole: psnr(novel.rgb, right.data),
    wholeHoles: 100 * seenShare(holes),
    source: psnr(source.rgb, leftPicture.data),
  }
}

/** Every pixel a vertex, every four neighbours two triangles. */
function sheet(pair, disparityPx) {
  const { width, height } = pair
  const points = { u: new Float64Array(width * height), v: new Float64Array(width * height), d: disparityPx }
  const indices = new Uint32Array((width - 1) * (height - 1) * 6)
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const a = y * width + x
      points.u[a] = x === 0 ? 0 : x === width - 1 ? width : x + 0.5
      points.v[a] = y === 0 ? 0 : y === height - 1 ? height : y + 0.5
      if (x === width - 1 || y === height - 1) continue
      for (const corner of [a, a + width, a + 1, a + 1, a + width, a + width + 1]) indices[at++] = corner
    }
  }
  return { ...unprojected(pair, points), indices }
}

/** What people do today: delatin, default quantisation of glTF-Transform, WebP. */
async function delatinLayers(pair, budget) {
  const { width, height } = pair
  const data = fillFromFarSide(pair)
  const tin = new Delatin(data, width, height)
  while (tin.triangles.length / 3 < Math.min(budget, 2 * (width - 1) * (height - 1)) - 2 && tin.getMaxError() > 0) tin.refine()
  const points = { u: new Float64Array(tin.coords.length / 2), v: new Float64Array(tin.coords.length / 2), d: new Float64Array(tin.coords.length / 2) }
  for (let i = 0; i < points.u.length; i++) {
    const x = tin.coords[i * 2]
    const y = tin.coords[i * 2 + 1]
    points.u[i] = x === 0 ? 0 : x === width - 1 ? width : x + 0.5
    points.v[i] = y === 0 ? 0 : y === height - 1 ? height : y + 0.5
    points.d[i] = data[y * width + x]
  }
  const { positions, uvs } = unprojected(pair, points)

  const document = new Document().setLogger(new Logger(Logger.Verbosity.SILENT))
  const buffer = document.createBuffer()
  const accessor = (type, array) => document.createAccessor().setType(type).setArray(array).setBuffer(buffer)
  document.createExtension(EXTTextureWebP).setRequired(true)
  const picture = await webp(pair)
  const material = document
    .createMaterial()
    .setBaseColorTexture(document.createTexture().setImage(picture).setMimeType('image/webp'))
    .setExtension('KHR_materials_unlit', document.createExtension(KHRMaterialsUnlit).createUnlit())
  const primitive = document.createPrimitive().setAttribute('POSITION', accessor('VEC3', positions)).setAttribute('TEXCOORD_0', accessor('VEC2', uvs)).setIndices(accessor('SCALAR', Uint32Array.from(tin.triangles))).setMaterial(material)
  document.createScene().addChild(document.createNode().setMesh(document.createMesh().addPrimitive(primitive)))
  await MeshoptEncoder.ready
  await document.transform(meshopt({ encoder: MeshoptEncoder, level: 'high' }))
  return readLayers(await new WebIO().registerExtensions(ALL_EXTENSIONS).registerDependencies({ 'meshopt.encoder': MeshoptEncoder }).writeBinary(document))
}

function webp(pair) {
  return sharp(pair.left).webp({ quality: 80 }).toBuffer()
}

/** From pixels and disparity in pixels to metres: depth = focal · baseline / disparity. */
function unprojected({ width, height, baseline, settings }, { u, v, d }) {
  const focal = height / 2 / Math.tan((settings.fovY * Math.PI) / 360)
  const positions = new Float32Array(u.length * 3)
  const uvs = new Float32Array(u.length * 2)
  for (let i = 0; i < u.length; i++) {
    const depth = (focal * baseline) / d[i]
    positions[i * 3] = ((u[i] - width / 2) * depth) / focal
    positions[i * 3 + 1] = ((height / 2 - v[i]) * depth) / focal
    positions[i * 3 + 2] = -depth
    uvs[i * 2] = u[i] / width
    uvs[i * 2 + 1] = v[i] / height
  }
  return { positions, uvs }
}

async function writePicture({ width, height, rgb }, path) {
  await sharp(Uint8Array.from(rgb, Math.round), { raw: { width, height, channels: 3 } }).png().toFile(path)
}

// `node bench/view.js [folder for the pictures]`
if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await run(process.argv[2] === undefined ? {} : { pictures: process.argv[2] }))
