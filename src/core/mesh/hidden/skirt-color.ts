import { blend } from './bilinear.js'

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
  const means = new Float32Array(2 * channels)
  for (let y = 0, cell = 0; y < height; y++) {
    const down = Math.max(frame.top - (y + 0.5), y + 0.5 - frame.bottom, 0)
    for (let x = 0; x < width; x++, cell++) {
      const across = Math.max(frame.left - (x + 0.5), x + 0.5 - frame.right, 0)
      const square = SPREAD * SPREAD * (across * across + down * down)
      if (square <= 1 || !isSeen(cell)) continue
      const exponent = 0.5 * Math.log2(square)
      const index = Math.floor(exponent)
      while (levels.length < index + 2) levels.push(halve(levels[levels.length - 1], channels))
      const [finer, coarser] = [levels[index], levels[index + 1]]
      blend(finer.colors, finer, channels, (x + 0.5) / finer.size, (y + 0.5) / finer.size, means, 0)
      blend(coarser.colors, coarser, channels, (x + 0.5) / coarser.size, (y + 0.5) / coarser.size, means, channels)
      const share = exponent - index
      for (let c = 0; c < channels; c++) colors[cell * channels + c] = (1 - share) * means[c] + share * means[channels + c]
    }
  }
}

interface Level extends Grid {
  /** Cells of the finest level along a side of one of this. */
  size: number
  colors: Float32Array
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
