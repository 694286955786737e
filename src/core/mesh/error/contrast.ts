import type { GrayPicture } from '../../depth/picture.js'

/** How much a picture differs from itself moved, at evenly spread places: what an error of the surface shows. */
export interface Contrast {
  /** Places in a row. */
  width: number
  /** Rows of places. */
  height: number
  /** How far they lie apart, pixels of the map; the first is the map's first. */
  step: number
  /** Squared gray levels that a place differs by where the picture is moved by one pixel, the mean of all directions. */
  perPixel: Float32Array
  /** Squared gray levels that it differs by at most, however far it is moved. */
  most: Float32Array
}

/** Half the side of the square whose colours a place may be mistaken for, places. */
const AROUND = 5

/** Squared gray levels that anything may differ by: where nothing can be told apart, being wrong still counts a little. */
const LEAST = 4

/** Places in a line, at most: of larger maps, every place there is says no more and takes the time of its pixels. */
const PLACES = 1024

/**
 * Looks at a picture in gray, of the map's size.
 *
 * Moved by e pixels a place differs by e · |∇gray| while that is little, and by what two places of the neighbourhood differ by, twice its variance, once it is far off.
 */
export function measureContrast({ width: columns, height: rows, gray }: Pick<GrayPicture, 'width' | 'height' | 'gray'>): Contrast {
  const step = Math.max(1, Math.round(Math.max(columns, rows) / PLACES))
  const width = Math.ceil(columns / step)
  const height = Math.ceil(rows / step)
  const perPixel = new Float32Array(width * height)
  const most = new Float32Array(width * height)
  /** Sums of levels and of their squares over the rows of places around, of each column of them. */
  const levels = new Float64Array(width)
  const squares = new Float64Array(width)
  const addRow = (y: number, sign: number): void => {
    if (y < 0 || y >= height) return
    for (let x = 0, at = y * step * columns; x < width; x++, at += step) {
      levels[x] += sign * gray[at]
      squares[x] += sign * gray[at] * gray[at]
    }
  }
  for (let y = 0; y < AROUND; y++) addRow(y, 1)
  for (let y = 0, i = 0; y < height; y++) {
    addRow(y + AROUND, 1)
    addRow(y - AROUND - 1, -1)
    const around = Math.min(height - 1, y + AROUND) - Math.max(0, y - AROUND) + 1
    const row = y * step
    const up = row > 0 ? columns : 0
    const down = row < rows - 1 ? columns : 0
    let sum = 0
    let sumOfSquares = 0
    let count = 0
    const addColumn = (x: number, sign: number): void => {
      if (x < 0 || x >= width) return
      sum += sign * levels[x]
      sumOfSquares += sign * squares[x]
      count += sign * around
    }
    for (let x = 0; x < AROUND; x++) addColumn(x, 1)
    for (let x = 0, at = row * columns, column = 0; x < width; x++, i++, at += step, column += step) {
      addColumn(x + AROUND, 1)
      addColumn(x - AROUND - 1, -1)
      const mean = sum / count
      most[i] = 2 * Math.max(0, sumOfSquares / count - mean * mean) + LEAST
      const across = (gray[column < columns - 1 ? at + 1 : at] - gray[column > 0 ? at - 1 : at]) / 2
      const along = (gray[at + down] - gray[at - up]) / 2
      perPixel[i] = (across * across + along * along) / 2
    }
  }
  return { width, height, step, perPixel, most }
}
