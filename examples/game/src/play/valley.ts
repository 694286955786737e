import { Vector3, type Mesh } from 'three'

/** Metres a cell. */
const CELL = 2

/** The ground as the rules see it: taken from the very mesh that is drawn, so that an edit of the picture changes the game too. It repeats along z. */
export class Valley {
  readonly length: number
  /** Grows with each survey: what stands on the ground has to be set up anew. */
  surveys = 0
  readonly #width: number
  readonly #columns: number
  readonly #rows: number
  readonly #heights: Float32Array
  readonly #middles: Float32Array

  constructor(width: number, length: number) {
    this.length = length
    this.#width = width
    this.#columns = Math.round(width / CELL)
    this.#rows = Math.round(length / CELL)
    this.#heights = new Float32Array(this.#columns * this.#rows)
    this.#middles = new Float32Array(this.#rows)
  }

  /** Takes the heights of a level that is not yet hung in the scene: it is centred on the origin. */
  survey(mesh: Mesh): void {
    const { position } = mesh.geometry.attributes
    const { index } = mesh.geometry
    if (index === null) return
    mesh.updateWorldMatrix(true, false)
    const corners = [new Vector3(), new Vector3(), new Vector3()]
    this.#heights.fill(0)
    for (let i = 0; i < index.count; i += 3) {
      for (let k = 0; k < 3; k++) corners[k].fromBufferAttribute(position, index.getX(i + k)).applyMatrix4(mesh.matrixWorld)
      this.#fill(corners)
    }
    this.#findMiddles()
    this.surveys++
  }

  /** Height of the ground, metres. */
  height(x: number, z: number): number {
    const column = Math.min(this.#columns - 1.001, Math.max(0, (x + this.#width / 2) / CELL - 0.5))
    const row = (((z + this.length / 2) / CELL - 0.5) % this.#rows + this.#rows) % this.#rows
    const c = Math.floor(column)
    const r = Math.floor(row)
    const below = (r + 1) % this.#rows
    const at = (line: number, place: number) => this.#heights[line * this.#columns + place]
    const u = column - c
    const v = row - r
    return (at(r, c) * (1 - u) + at(r, c + 1) * u) * (1 - v) + (at(below, c) * (1 - u) + at(below, c + 1) * u) * v
  }

  /** Where the valley is deepest, x in metres, smoothed along the way. */
  middle(z: number): number {
    const row = (((z + this.length / 2) / CELL - 0.5) % this.#rows + this.#rows) % this.#rows
    const r = Math.floor(row)
    return this.#middles[r] + (this.#middles[(r + 1) % this.#rows] - this.#middles[r]) * (row - r)
  }

  #fill([a, b, c]: Vector3[]): void {
    const column = (x: number) => (x + this.#width / 2) / CELL - 0.5
    const row = (z: number) => (z + this.length / 2) / CELL - 0.5
    const [ax, ay, bx, by, cx, cy] = [column(a.x), row(a.z), column(b.x), row(b.z), column(c.x), row(c.z)]
    const area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    if (area === 0) return
    for (let y = Math.max(0, Math.ceil(Math.min(ay, by, cy))); y <= Math.min(this.#rows - 1, Math.max(ay, by, cy)); y++) {
      for (let x = Math.max(0, Math.ceil(Math.min(ax, bx, cx))); x <= Math.min(this.#columns - 1, Math.max(ax, bx, cx)); x++) {
        const wb = ((x - ax) * (cy - ay) - (cx - ax) * (y - ay)) / area
        const wc = ((bx - ax) * (y - ay) - (x - ax) * (by - ay)) / area
        if (wb < -1e-6 || wc < -1e-6 || wb + wc > 1 + 1e-6) continue
        const height = a.y * (1 - wb - wc) + b.y * wb + c.y * wc
        const i = y * this.#columns + x
        this.#heights[i] = Math.max(this.#heights[i], height)
      }
    }
  }

  #findMiddles(): void {
    const raw = Array.from({ length: this.#rows }, (_, row) => {
      let sum = 0
      let weights = 0
      for (let column = 0; column < this.#columns; column++) {
        const weight = Math.exp(-this.#heights[row * this.#columns + column] / 2)
        sum += weight * ((column + 0.5) * CELL - this.#width / 2)
        weights += weight
      }
      return sum / weights
    })
    const reach = 8
    for (let row = 0; row < this.#rows; row++) {
      let sum = 0
      for (let k = -reach; k <= reach; k++) sum += raw[(row + k + this.#rows) % this.#rows]
      this.#middles[row] = sum / (2 * reach + 1)
    }
  }
}
