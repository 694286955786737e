/** A grid's size, cells. */
interface Grid {
  width: number
  height: number
}

/** A part of a grid, cells; its sides may lie within cells. */
export interface Frame {
  left: number
  top: number
  right: number
  bottom: number
}

/**
 * Side of the square that a colour beside the picture is the mean of, by its distance from there. Without it what goes on beside the picture is a bar of each colour of its border. Three stereo pairs, of
 * what the right view shows beside the left photo: 18.54 dB with 0, 18.66 with ½, 18.82 with 1, 18.93 with 2, 19.31 with 4; but from 2 on a fog begins at the border.
 */
const SPREAD = 1

/**
 * Puts what lies beside the frame out of focus, in place, the more the farther away it is: a hint of what may be there, and no lines that lead the eye out of the picture.
 *
 * A mean is taken between the two nearest of those over squares of 1, 2, 4 … cells (trilinear, as mip maps are: L. Williams, Pyramidal Parametrics, 1983).
 *
 * @param colors cells × channels, all of them filled.
 * @param isSeen which cells are to be blurred.
 */
export function blurBeside(colors: Float32Array, grid: Grid, channels: number, frame: Frame, isSeen: (cell: number) => boolean): void {
  const { width, height } = grid
  const levels: Level[] = [{ width, height, size: 1, colors: colors.slice() }]
  const mean = new Float32Array(channels)
  for (let y = 0, cell = 0; y < height; y++) {
    const down = Math.max(frame.top - (y + 0.5), y + 0.5 - frame.bottom, 0)
    for (let x = 0; x < width; x++, cell++) {
      const across = Math.max(frame.left - (x + 0.5), x + 0.5 - frame.right, 0)
      const square = SPREAD * SPREAD * (across * across + down * down)
      if (square <= 1 || !isSeen(cell)) continue
      const exponent = 0.5 * Math.log2(square)
      const index = Math.floor(exponent)
      while (levels.length < index + 2) levels.push(halve(levels[levels.length - 1], channels))
      const share = exponent - index
      for (let c = 0; c < channels; c++) mean[c] = 0
      addMean(levels[index], channels, x, y, 1 - share, mean)
      addMean(levels[index + 1], channels, x, y, share, mean)
      for (let c = 0; c < channels; c++) colors[cell * channels + c] = mean[c]
    }
  }
}

interface Level extends Grid {
  /** Cells of the finest level along a side of one of this. */
  size: number
  colors: Float32Array
}

/** Adds a share of the bilinear mean around a cell of the finest level. */
function addMean({ width, height, size, colors }: Level, channels: number, x: number, y: number, share: number, mean: Float32Array): void {
  const u = Math.min(Math.max((x + 0.5) / size - 0.5, 0), width - 1)
  const v = Math.min(Math.max((y + 0.5) / size - 0.5, 0), height - 1)
  const x0 = Math.floor(u)
  const y0 = Math.floor(v)
  const upper = (y0 * width + x0) * channels
  const lower = y0 < height - 1 ? upper + width * channels : upper
  const right = x0 < width - 1 ? channels : 0
  const w11 = (u - x0) * (v - y0) * share
  const w10 = (u - x0) * share - w11
  const w01 = (v - y0) * share - w11
  const w00 = share - w10 - w01 - w11
  for (let c = 0; c < channels; c++) mean[c] += w00 * colors[upper + c] + w10 * colors[upper + right + c] + w01 * colors[lower + c] + w11 * colors[lower + right + c]
}

/** Means of four cells each; of an odd row or column the last ones count twice. */
function halve({ width, height, size, colors }: Level, channels: number): Level {
  const half = { width: (width + 1) >> 1, height: (height + 1) >> 1, size: 2 * size, colors: new Float32Array(((width + 1) >> 1) * ((height + 1) >> 1) * channels) }
  for (let y = 0, at = 0; y < half.height; y++) {
    const upper = 2 * y * width
    const lower = Math.min(2 * y + 1, height - 1) * width
    for (let x = 0; x < half.width; x++) {
      const left = 2 * x
      const right = Math.min(2 * x + 1, width - 1)
      for (let c = 0; c < channels; c++, at++) {
        half.colors[at] = 0.25 * (colors[(upper + left) * channels + c] + colors[(upper + right) * channels + c] + colors[(lower + left) * channels + c] + colors[(lower + right) * channels + c])
      }
    }
  }
  return half
}
