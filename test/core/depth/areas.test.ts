import { describe, expect, it } from 'vitest'
import { labelAreas } from '../../../src/core/depth/areas.js'
import { seeded } from '../../support/raster.js'

/** The areas of a drawing: `#` is inside. */
function label(...rows: string[]): { labels: string[]; count: number } {
  const width = rows[0]!.length
  const { labels, count, runs } = labelAreas(width, rows.length, (i) => rows[Math.floor(i / width)]![i % width] === '#')
  const covered = runs.starts.reduce((sum, start, run) => sum + runs.ends[run]! - start, 0)
  expect(covered).toBe(labels.reduce((sum, area) => sum + (area >= 0 ? 1 : 0), 0))
  return { labels: rows.map((_, y) => Array.from(labels.subarray(y * width, (y + 1) * width), (area) => (area < 0 ? '.' : area)).join('')), count }
}

describe('areas of a mask', () => {
  it('are numbered in the order of their first pixel', () => {
    expect(label('##..#', '.....', '#.###')).toEqual({ labels: ['00..1', '.....', '2.333'], count: 4 })
  })

  it('grow together wherever they touch side by side, however late', () => {
    expect(label('#.#.#', '#.#.#', '#####', '.....', '#.#.#')).toEqual({ labels: ['0.0.0', '0.0.0', '00000', '.....', '1.2.3'], count: 4 })
    expect(label('....#', '.##.#', '.#..#', '.####').labels).toEqual(['....0', '.00.0', '.0..0', '.0000'])
  })

  it('do not touch at corners, nor round the end of a row', () => {
    expect(label('#..', '.#.', '..#').count).toBe(3)
    expect(label('..#', '#..').count).toBe(2)
  })

  it('are those that a flood fill finds', () => {
    const [width, height] = [61, 47]
    for (const seed of [1, 2, 3, 4]) {
      const random = seeded(seed)
      const mask = Array.from({ length: width * height }, () => random() < 0.6)
      const flooded = new Int32Array(mask.length).fill(-1)
      let count = 0
      for (let first = 0; first < mask.length; first++) {
        if (!mask[first] || flooded[first]! >= 0) continue
        const stack = [first]
        flooded[first] = count
        while (stack.length > 0) {
          const i = stack.pop()!
          const x = i % width
          for (const next of [x > 0 ? i - 1 : -1, x < width - 1 ? i + 1 : -1, i - width, i + width]) {
            if (next < 0 || next >= mask.length || !mask[next] || flooded[next]! >= 0) continue
            flooded[next] = count
            stack.push(next)
          }
        }
        count++
      }
      expect(labelAreas(width, height, (i) => mask[i]!)).toMatchObject({ labels: flooded, count })
    }
  })
})
