/** A place on the surface of a shape, as its paint sees it. */
export interface Spot {
  /** Metres: to the right of the middle, above the ground, out of the picture. */
  x: number
  y: number
  z: number
  /** The surface's normal. */
  nx: number
  ny: number
  nz: number
  /** How far it stands out of its surroundings, −1 (a crack) .. 1 (an edge). */
  bulge: number
  /** Share of the sky that it sees, 0..1. */
  open: number
  /** What {@link Relief.put} was told. */
  kind: number
  tone: number
}

/** Linear red, green, blue. */
export type Rgb = [number, number, number]

/** What a shape is, for one seed. Everything in metres, so that a larger picture of it has more detail and no other shape. */
export interface Design {
  /** The box that it surely lies in: −across / 2 .. across / 2, 0 .. tall. */
  across: number
  tall: number
  /** Puts its surface into a relief of any size. */
  sculpt(relief: Relief): void
  /** Linear colour of the bare surface at a spot, without light. */
  paint(spot: Spot, rgb: Rgb): void
}

/** A surface seen from the front, without perspective: one depth a pixel. */
export class Relief {
  /** Metres out of the picture; −Infinity where nothing is. */
  readonly z: Float32Array
  /** What a pixel is made of, as the design counts. */
  readonly kind: Uint8Array
  /** A number that the design's paint gets back. */
  readonly tone: Float32Array

  /**
   * @param left x of the picture's left edge, metres
   * @param top y of its top edge, metres
   * @param pixel metres a pixel
   */
  constructor(
    readonly width: number,
    readonly height: number,
    readonly left: number,
    readonly top: number,
    readonly pixel: number,
  ) {
    this.z = new Float32Array(width * height).fill(-Infinity)
    this.kind = new Uint8Array(width * height)
    this.tone = new Float32Array(width * height)
  }

  /** Calls back with the centre of each pixel in a box, metres, and its index. */
  each(x0: number, y0: number, x1: number, y1: number, visit: (x: number, y: number, i: number) => void): void {
    const { width, height, left, top, pixel } = this
    const fromX = Math.max(0, Math.ceil((x0 - left) / pixel - 0.5))
    const toX = Math.min(width - 1, Math.floor((x1 - left) / pixel - 0.5))
    const fromY = Math.max(0, Math.ceil((top - y1) / pixel - 0.5))
    const toY = Math.min(height - 1, Math.floor((top - y0) / pixel - 0.5))
    for (let row = fromY; row <= toY; row++) {
      const y = top - (row + 0.5) * pixel
      for (let column = fromX; column <= toX; column++) visit(left + (column + 0.5) * pixel, y, row * width + column)
    }
  }

  /** Calls back with the centre of each pixel. */
  all(visit: (x: number, y: number, i: number) => void): void {
    this.each(-Infinity, -Infinity, Infinity, Infinity, visit)
  }

  /** A surface at a pixel: the nearest to the eye stays. What lies behind the picture plane is nothing. */
  put(i: number, z: number, kind = 0, tone = 0): void {
    if (!(z > 0) || z <= this.z[i]) return
    this.z[i] = z
    this.kind[i] = kind
    this.tone[i] = tone
  }

  /** Replaces what is at a pixel, nearer or not: a window in a wall. */
  set(i: number, z: number, kind = 0, tone = 0): void {
    this.z[i] = z > 0 ? z : -Infinity
    this.kind[i] = kind
    this.tone[i] = tone
  }
}
