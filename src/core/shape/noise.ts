import { scatter, seededRandom } from '../random.js'

/** Entries of the permutation: noise repeats after as many cells, far more than a shape has. */
const PERIOD = 256

/** Offset between octaves, cells: keeps their lattices from lining up. */
const OCTAVE_SHIFT = 17.31

/** The cell that a point lies in: see {@link Noise.cell}. */
export interface Cell {
  /** Distance to the nearest seed, cells. */
  near: number
  /** How much farther the second nearest is: 0 on the border between two cells. */
  border: number
  /** 0..1, the same in all of the cell. */
  tone: number
}

/** All that looks random in a shape and depends on the place: gradient noise, its octaves, and cells. */
export class Noise {
  readonly #lattice = new Uint8Array(2 * PERIOD)
  readonly #gradients = new Float32Array(3 * PERIOD)
  readonly #cell: Cell = { near: 0, border: 0, tone: 0 }

  constructor(seed: number) {
    const random = seededRandom(scatter(seed))
    for (let i = 0; i < PERIOD; i++) this.#lattice[i] = i
    for (let i = PERIOD - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1))
      const swapped = this.#lattice[i]
      this.#lattice[i] = this.#lattice[j]
      this.#lattice[j] = swapped
    }
    this.#lattice.copyWithin(PERIOD, 0, PERIOD)
    for (let i = 0; i < PERIOD; i++) {
      // Uniform on the sphere.
      const z = 2 * random() - 1
      const turn = 2 * Math.PI * random()
      const flat = Math.sqrt(1 - z * z)
      this.#gradients[3 * i] = flat * Math.cos(turn)
      this.#gradients[3 * i + 1] = flat * Math.sin(turn)
      this.#gradients[3 * i + 2] = z
    }
  }

  /** Gradient noise, about −1..1, one cell a unit. */
  at(x: number, y: number, z = 0): number {
    const x0 = Math.floor(x)
    const y0 = Math.floor(y)
    const z0 = Math.floor(z)
    const fx = x - x0
    const fy = y - y0
    const fz = z - z0
    const u = fx * fx * fx * (fx * (fx * 6 - 15) + 10)
    const v = fy * fy * fy * (fy * (fy * 6 - 15) + 10)
    const w = fz * fz * fz * (fz * (fz * 6 - 15) + 10)
    const lattice = this.#lattice
    const xi = x0 & (PERIOD - 1)
    const yi = y0 & (PERIOD - 1)
    const zi = z0 & (PERIOD - 1)
    const a = lattice[xi] + yi
    const b = lattice[xi + 1] + yi
    const aa = lattice[a] + zi
    const ab = lattice[a + 1] + zi
    const ba = lattice[b] + zi
    const bb = lattice[b + 1] + zi
    const front = mix2(
      mix2(this.#slope(aa, fx, fy, fz), this.#slope(ba, fx - 1, fy, fz), u),
      mix2(this.#slope(ab, fx, fy - 1, fz), this.#slope(bb, fx - 1, fy - 1, fz), u),
      v,
    )
    const back = mix2(
      mix2(this.#slope(aa + 1, fx, fy, fz - 1), this.#slope(ba + 1, fx - 1, fy, fz - 1), u),
      mix2(this.#slope(ab + 1, fx, fy - 1, fz - 1), this.#slope(bb + 1, fx - 1, fy - 1, fz - 1), u),
      v,
    )
    return 1.5 * mix2(front, back, w)
  }

  /** Octaves of noise, each twice as fine and half as strong; about −1..1. */
  octaves(x: number, y: number, z: number, count: number): number {
    let sum = 0
    let gain = 0.5
    for (let i = 0; i < count; i++) {
      sum += gain * this.at(x, y, z)
      gain *= 0.5
      x = 2.03 * x + OCTAVE_SHIFT
      y = 2.03 * y + OCTAVE_SHIFT
      z = 2.03 * z + OCTAVE_SHIFT
    }
    return sum
  }

  /** Octaves of creases: 1 on sharp crests, falling to about 0 between them. */
  ridges(x: number, y: number, z: number, count: number): number {
    let sum = 0
    let gain = 0.5
    let before = 1
    for (let i = 0; i < count; i++) {
      const crest = 1 - Math.abs(this.at(x, y, z))
      const sharp = crest * crest * before
      sum += gain * sharp
      before = Math.min(1, sharp * 1.6)
      gain *= 0.5
      x = 2.03 * x + OCTAVE_SHIFT
      y = 2.03 * y + OCTAVE_SHIFT
      z = 2.03 * z + OCTAVE_SHIFT
    }
    return sum
  }

  /** The cell of a plane that a point lies in (Worley); the object is used again by the next call. */
  cell(x: number, y: number): Cell {
    const x0 = Math.floor(x)
    const y0 = Math.floor(y)
    let first = Infinity
    let second = Infinity
    let tone = 0
    for (let j = -1; j <= 1; j++) {
      for (let i = -1; i <= 1; i++) {
        const at = this.#lattice[this.#lattice[(x0 + i) & (PERIOD - 1)] + ((y0 + j) & (PERIOD - 1))]
        const dx = x0 + i + 0.5 + 0.5 * this.#gradients[3 * at] - x
        const dy = y0 + j + 0.5 + 0.5 * this.#gradients[3 * at + 1] - y
        const away = dx * dx + dy * dy
        if (away < first) {
          second = first
          first = away
          tone = at / (PERIOD - 1)
        } else if (away < second) second = away
      }
    }
    const cell = this.#cell
    cell.near = Math.sqrt(first)
    cell.border = Math.sqrt(second) - cell.near
    cell.tone = tone
    return cell
  }

  /** 0..1, for whole numbers. */
  tone(a: number, b = 0, c = 0): number {
    const lattice = this.#lattice
    const mask = PERIOD - 1
    const one = lattice[lattice[lattice[a & mask] + (b & mask)] + (c & mask)]
    const two = lattice[lattice[lattice[(a + 101) & mask] + ((b + 57) & mask)] + ((c + 13) & mask)]
    return (one * PERIOD + two) / (PERIOD * PERIOD - 1)
  }

  #slope(at: number, x: number, y: number, z: number): number {
    const gradients = this.#gradients
    const i = 3 * this.#lattice[at]
    return gradients[i] * x + gradients[i + 1] * y + gradients[i + 2] * z
  }
}

const mix2 = (a: number, b: number, share: number): number => a + (b - a) * share
