/**
 * A software rasteriser that shades as a GPU does, so that what it shows is what a player sees: vertices snapped to 1/256 px, top-left fill rule,
 * z-buffer, perspective-correct UV, bilinear texture lookups, alpha mask. It knows one kind of camera: somewhere, looking down −Z.
 *
 * @typedef {{ width: number, height: number, channels: 1 | 2 | 3 | 4, data: Uint8Array }} Picture
 * @typedef {{ positions: Float32Array, uvs: Float32Array, indices: Uint32Array, texture: Picture, alphaCutoff?: number, doubleSided?: boolean }} Layer
 *   alphaCutoff: texels below it (0..1) are not drawn. positions: metres; uvs: origin top left.
 * @typedef {{ eye: [number, number, number], fovY: number, width: number, height: number }} Camera
 *   eye: metres; fovY: degrees; width, height: pixels.
 * @typedef {{ width: number, height: number, rgb: Float32Array, depth: Float32Array, layer: Uint8Array }} Frame
 *   rgb: 0..255, black where nothing was drawn; depth: metres along the view axis, Infinity where nothing was drawn;
 *   layer: 1 + index of the layer that is seen, 0 where nothing was drawn.
 */

/** Sub-pixel positions of a GPU: Direct3D and Vulkan ask for 8 bits at least, and desktop GPUs give 8. */
const SUBPIXELS = 256

/** What is nearer than this to the camera's plane is not drawn, metres. */
const CLIP_DEPTH = 1e-4

/**
 * Draws layers into a new frame.
 *
 * @param {readonly Layer[]} layers
 * @param {Camera} camera
 * @returns {Frame}
 */
export function rasterise(layers, camera) {
  const { width, height } = camera
  const frame = {
    width,
    height,
    rgb: new Float32Array(width * height * 3),
    depth: new Float32Array(width * height).fill(Infinity),
    layer: new Uint8Array(width * height),
  }
  layers.forEach((layer, index) => drawLayer(frame, layer, index + 1, camera))
  return frame
}

/** Share of a frame's pixels at which nothing was drawn, 0..1. */
export function holeShare(frame) {
  let holes = 0
  for (const layer of frame.layer) if (layer === 0) holes++
  return holes / frame.layer.length
}

function drawLayer(frame, layer, mark, camera) {
  const { positions, uvs, indices, texture } = layer
  const { width, height, rgb, depth: zBuffer } = frame
  const focal = height / 2 / Math.tan((camera.fovY * Math.PI) / 360)
  const count = positions.length / 3
  const screen = new Float64Array(count * 2)
  const inverse = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const depth = camera.eye[2] - positions[i * 3 + 2]
    inverse[i] = depth > CLIP_DEPTH ? 1 / depth : NaN
    screen[i * 2] = Math.round((width / 2 + (positions[i * 3] - camera.eye[0]) * focal * inverse[i]) * SUBPIXELS)
    screen[i * 2 + 1] = Math.round((height / 2 - (positions[i * 3 + 1] - camera.eye[1]) * focal * inverse[i]) * SUBPIXELS)
  }
  const texel = new Float64Array(4)
  for (let t = 0; t < indices.length; t += 3) {
    let a = indices[t]
    let b = indices[t + 1]
    let c = indices[t + 2]
    let area = cross(screen, a, b, c)
    if (!(area !== 0)) continue
    // v grows downward on screen, so that a front face (counter-clockwise in space) has a negative area here.
    if (area > 0 && !layer.doubleSided) continue
    if (area < 0) {
      ;[b, c] = [c, b]
      area = -area
    }
    const ax = screen[a * 2]
    const ay = screen[a * 2 + 1]
    const bx = screen[b * 2]
    const by = screen[b * 2 + 1]
    const cx = screen[c * 2]
    const cy = screen[c * 2 + 1]
    const left = Math.max(0, Math.floor(Math.min(ax, bx, cx) / SUBPIXELS - 0.5))
    const right = Math.min(width - 1, Math.ceil(Math.max(ax, bx, cx) / SUBPIXELS - 0.5))
    const top = Math.max(0, Math.floor(Math.min(ay, by, cy) / SUBPIXELS - 0.5))
    const bottom = Math.min(height - 1, Math.ceil(Math.max(ay, by, cy) / SUBPIXELS - 0.5))
    // Edge functions are integers below 2^53, hence exact: neighbours share each pixel of their common edge out without gap or overlap.
    const biasA = isTopLeft(cx - bx, cy - by) ? 0 : -1
    const biasB = isTopLeft(ax - cx, ay - cy) ? 0 : -1
    const biasC = isTopLeft(bx - ax, by - ay) ? 0 : -1
    const wa = inverse[a]
    const wb = inverse[b]
    const wc = inverse[c]
    for (let y = top; y <= bottom; y++) {
      const py = (y + 0.5) * SUBPIXELS
      for (let x = left; x <= right; x++) {
        const px = (x + 0.5) * SUBPIXELS
        const ea = (cx - bx) * (py - by) - (cy - by) * (px - bx)
        const eb = (ax - cx) * (py - cy) - (ay - cy) * (px - cx)
        const ec = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
        if (ea + biasA < 0 || eb + biasB < 0 || ec + biasC < 0) continue
        const ka = (ea / area) * wa
        const kb = (eb / area) * wb
        const kc = (ec / area) * wc
        const w = ka + kb + kc
        const depth = 1 / w
        const at = y * width + x
        if (depth >= zBuffer[at]) continue
        sample(texture, (ka * uvs[a * 2] + kb * uvs[b * 2] + kc * uvs[c * 2]) / w, (ka * uvs[a * 2 + 1] + kb * uvs[b * 2 + 1] + kc * uvs[c * 2 + 1]) / w, texel)
        if (layer.alphaCutoff !== undefined && texel[3] < layer.alphaCutoff * 255) continue
        zBuffer[at] = depth
        frame.layer[at] = mark
        rgb[at * 3] = texel[0]
        rgb[at * 3 + 1] = texel[1]
        rgb[at * 3 + 2] = texel[2]
      }
    }
  }
}

/** Twice the signed area of a triangle on screen, sub-pixels². Positive: clockwise as seen. */
function cross(screen, a, b, c) {
  return (screen[b * 2] - screen[a * 2]) * (screen[c * 2 + 1] - screen[a * 2 + 1]) - (screen[b * 2 + 1] - screen[a * 2 + 1]) * (screen[c * 2] - screen[a * 2])
}

/** Whether pixels exactly on an edge belong to it, the triangle lying clockwise of it. */
function isTopLeft(dx, dy) {
  return dy < 0 || (dy === 0 && dx > 0)
}

/** Bilinear, clamped to the picture's edge. */
function sample(texture, u, v, out) {
  const { width, height, channels, data } = texture
  const x = Math.min(Math.max(u * width - 0.5, 0), width - 1)
  const y = Math.min(Math.max(v * height - 0.5, 0), height - 1)
  const x0 = Math.floor(x)
  const y0 = Math.floor(y)
  const x1 = Math.min(x0 + 1, width - 1)
  const y1 = Math.min(y0 + 1, height - 1)
  const fx = x - x0
  const fy = y - y0
  const colors = channels < 3 ? 1 : 3
  for (let c = 0; c < 4; c++) {
    const channel = c === 3 ? channels - 1 : colors === 1 ? 0 : c
    if (c === 3 && channels !== 2 && channels !== 4) {
      out[3] = 255
      continue
    }
    const upper = data[(y0 * width + x0) * channels + channel] * (1 - fx) + data[(y0 * width + x1) * channels + channel] * fx
    const lower = data[(y1 * width + x0) * channels + channel] * (1 - fx) + data[(y1 * width + x1) * channels + channel] * fx
    out[c] = upper * (1 - fy) + lower * fy
  }
}
