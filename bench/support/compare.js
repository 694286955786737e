/**
 * How alike two pictures are. Both take RGB values in 0..255, row after row.
 */

/** Standard deviation and reach of SSIM's window, pixels: Wang, Bovik, Sheikh, Simoncelli, *Image quality assessment* (2004). */
const SIGMA = 1.5
const RADIUS = 5

/** Mean squared error over the chosen pixels as a peak signal-to-noise ratio, dB. `mask`: pixels that count (all). */
export function psnr(a, b, mask) {
  let sum = 0
  let count = 0
  for (let i = 0; i < a.length; i++) {
    if (mask && !mask[(i / 3) | 0]) continue
    sum += (a[i] - b[i]) ** 2
    count++
  }
  return 10 * Math.log10(255 ** 2 / (sum / count))
}

/** Structural similarity of the luminance, mean over the chosen pixels, 0..1. `mask`: as in {@link psnr}. */
export function ssim(a, b, width, height, mask) {
  const x = luminance(a)
  const y = luminance(b)
  const product = (p, q) => p.map((value, i) => value * q[i])
  const mx = blur(x, width, height)
  const my = blur(y, width, height)
  const xx = blur(product(x, x), width, height)
  const yy = blur(product(y, y), width, height)
  const xy = blur(product(x, y), width, height)
  const c1 = (0.01 * 255) ** 2
  const c2 = (0.03 * 255) ** 2
  let sum = 0
  let count = 0
  for (let i = 0; i < x.length; i++) {
    if (mask && !mask[i]) continue
    count++
    const covariance = xy[i] - mx[i] * my[i]
    const variances = xx[i] - mx[i] ** 2 + yy[i] - my[i] ** 2
    sum += ((2 * mx[i] * my[i] + c1) * (2 * covariance + c2)) / ((mx[i] ** 2 + my[i] ** 2 + c1) * (variances + c2))
  }
  return sum / count
}

function luminance(rgb) {
  const gray = new Float64Array(rgb.length / 3)
  for (let i = 0; i < gray.length; i++) gray[i] = 0.299 * rgb[i * 3] + 0.587 * rgb[i * 3 + 1] + 0.114 * rgb[i * 3 + 2]
  return gray
}

function blur(values, width, height) {
  const kernel = Array.from({ length: 2 * RADIUS + 1 }, (_, i) => Math.exp(-((i - RADIUS) ** 2) / (2 * SIGMA ** 2)))
  const total = kernel.reduce((sum, weight) => sum + weight, 0)
  const across = new Float64Array(values.length)
  const out = new Float64Array(values.length)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0
      for (let k = -RADIUS; k <= RADIUS; k++) sum += kernel[k + RADIUS] * values[y * width + Math.min(Math.max(x + k, 0), width - 1)]
      across[y * width + x] = sum / total
    }
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0
      for (let k = -RADIUS; k <= RADIUS; k++) sum += kernel[k + RADIUS] * across[Math.min(Math.max(y + k, 0), height - 1) * width + x]
      out[y * width + x] = sum / total
    }
  }
  return out
}
