/** How a level errs as it ships: with its own texture, which is laid as its triangles wear it. */
import { correctSlip, textureSize } from '../../dist/core/index.js'

/** Slip is taken out of a picture so many times as fine as the texture (`OVERSAMPLED` in src/core/level-textures.ts). */
const OVERSAMPLED = 2

/** What a coordinate is multiplied by in the picture of coordinates, so that correctSlip's half for rounding to a byte is none. */
const UNIT = 4096

/**
 * The error that counts, in source pixels, where the texture has been laid as the triangles wear it, at every pixel centre of a surface that is not cut: the larger of parallax and of the
 * slip that remains.
 *
 * What remains is looked at, not computed: a picture that shows its own coordinates is laid as the level's picture is, shrunk to the level's texture, then drawn as a renderer draws it.
 *
 * @param {{ points: Float32Array, triangles: Uint32Array }[]} levels fine → coarse
 * @param {number} level which of them
 * @returns {{ pixelError: { rms: number, p99: number }, slip: { rms: number, p99: number } }}
 */
export function measureShipped(levels, level, { map, settings, model }) {
  const { width, height, disparity } = map
  const size = textureSize({ ...settings.texture, role: 'color', level, triangles: levels.map(({ triangles }) => triangles.length / 3) })
  const scale = Math.min(1, (OVERSAMPLED * size) / Math.max(width, height))
  const { points, triangles } = levels[level]
  const laid = correctSlip(coordinates(Math.round(width * scale), Math.round(height * scale)), levels[level], map, model)
  const shrunk = Math.min(1, size / Math.max(laid.width, laid.height))
  const picture = shrink(laid, Math.round(laid.width * shrunk), Math.round(laid.height * shrunk))
  const scaleX = picture.width / width
  const scaleY = picture.height / height
  const errors = []
  const slips = []
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]]
    const [ax, ay, bx, by, cx, cy] = [points[a], points[a + 1], points[b], points[b + 1], points[c], points[c + 1]]
    const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    const [wa, wb, wc] = [a, b, c].map((v) => model.wFar + points[v + 2] * (model.wNear - model.wFar))
    for (let y = Math.max(0, Math.ceil(Math.min(ay, by, cy) - 0.5)); y < Math.min(height, Math.max(ay, by, cy) - 0.5); y++) {
      for (let x = Math.max(0, Math.ceil(Math.min(ax, bx, cx) - 0.5)); x < Math.min(width, Math.max(ax, bx, cx) - 0.5); x++) {
        const [dx, dy] = [x + 0.5 - ax, y + 0.5 - ay]
        const lb = (dx * (cy - ay) - dy * (cx - ax)) / area
        const lc = (dy * (bx - ax) - dx * (by - ay)) / area
        const la = 1 - lb - lc
        // (a pixel centre on an edge counts twice)
        if (la < 0 || lb < 0 || lc < 0) continue
        const w = la * wa + lb * wb + lc * wc
        // the texture coordinates there, and what the texture shows at them
        const [u, v] = [(la * wa * ax + lb * wb * bx + lc * wc * cx) / w, (la * wa * ay + lb * wb * by + lc * wc * cy) / w]
        const [shownX, shownY] = shownAt(picture, u * scaleX, v * scaleY)
        const slip = Math.hypot((shownX * width) / laid.width - x - 0.5, (shownY * height) / laid.height - y - 0.5)
        const parallax = Math.abs(la * points[a + 2] + lb * points[b + 2] + lc * points[c + 2] - disparity[y * width + x]) * model.pixelsPerDisparity
        slips.push(slip)
        errors.push(Math.max(slip, parallax))
      }
    }
  }
  return { pixelError: statistics(errors), slip: statistics(slips) }
}

/** A picture whose colours are where they stand: column and row of each texel's centre, in texels. */
function coordinates(width, height) {
  const pixels = new Float32Array(3 * width * height)
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      pixels[at] = UNIT * (x + 0.5)
      pixels[at + 1] = UNIT * (y + 0.5)
    }
  }
  return { width, height, channels: 3, pixels }
}

/** Means over what each texel covers of a finer picture. */
function shrink(picture, width, height) {
  if (width === picture.width && height === picture.height) return picture
  const across = shares(picture.width, width)
  const down = shares(picture.height, height)
  const pixels = new Float32Array(3 * width * height)
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      for (const [row, high] of down[y]) for (const [column, wide] of across[x]) for (let channel = 0; channel < 2; channel++) pixels[at + channel] += high * wide * picture.pixels[3 * (row * picture.width + column) + channel]
    }
  }
  return { width, height, channels: 3, pixels }
}

/** For each of `to` texels which of `from` it covers, and the share of it that each takes. */
function shares(from, to) {
  return Array.from({ length: to }, (_, i) => {
    const [start, end] = [(i * from) / to, ((i + 1) * from) / to]
    const covered = Array.from({ length: Math.ceil(end - 1e-9) - Math.floor(start) }, (_, k) => Math.floor(start) + k)
    return covered.map((k) => [k, (Math.min(end, k + 1) - Math.max(start, k)) / (end - start)])
  })
}

/** The bilinear mean of the four texels around a place, texels; beyond the outermost centres the coordinates go on as they do between the last two. */
function shownAt({ width, height, pixels }, u, v) {
  const x = Math.min(width - 2, Math.max(0, Math.floor(u - 0.5)))
  const y = Math.min(height - 2, Math.max(0, Math.floor(v - 0.5)))
  const [fx, fy] = [u - 0.5 - x, v - 0.5 - y]
  return [0, 1].map((channel) => {
    const at = (column, row) => pixels[3 * ((y + row) * width + x + column) + channel]
    return ((1 - fy) * ((1 - fx) * at(0, 0) + fx * at(1, 0)) + fy * ((1 - fx) * at(0, 1) + fx * at(1, 1))) / UNIT
  })
}

function statistics(errors) {
  const sorted = Float64Array.from(errors).sort()
  return { rms: Math.sqrt(sorted.reduce((sum, error) => sum + error * error, 0) / sorted.length), p99: sorted[Math.ceil(0.99 * sorted.length) - 1] }
}
