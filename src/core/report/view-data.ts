import type { InverseDepth } from '../camera.js'

/** What the viewer of a report draws: its page carries this as JSON. */
export interface ViewData {
  /** The map itself, then its variations. */
  shown: ViewAsset[]
  /** Data URIs; layers name them by their place here, since variations may share them. */
  pictures: string[]
}

/** A map or a variation of it: the space it lies in, and its levels. */
export interface ViewAsset {
  /** Of the map, pixels. */
  width: number
  height: number
  /** Metres a pixel: at one metre from the camera in perspective, everywhere on a relief. */
  metresPerPixel: number
  /** Perspective alone. Reliefs: `null`. */
  inverseDepth: InverseDepth | null
  /** Reliefs: metres from black to white, and whether it lies down. */
  relief: number
  ground: boolean
  /** Perspective: metres to what the view turns around. */
  pivot: number
  /** Perspective: metres that the game camera may move. */
  travel: number
  /** Fine → coarse. */
  levels: ViewLevel[]
}

export interface ViewLevel {
  triangles: number
  layers: ViewLayer[]
}

/** One surface; its vertices are (u px, v px, disparity) in steps. */
export interface ViewLayer {
  hidden: boolean
  vertices: number
  /** Numbers in `indices`. */
  corners: number
  /** Value at step 0 and size of a step, of u, v and disparity. */
  low: [number, number, number]
  step: [number, number, number]
  /** Part of the picture plane that its textures cover, pixels: left, top, width, height. `null` where they are bent: vertices have texture coordinates of their own then. */
  canvas: [number, number, number, number] | null
  /** Places in `pictures`; −1 where there is none. */
  color: number
  normals: number
  lit: boolean
  doubleSided: boolean
  /**
   * base64 of raw deflate of: low bytes and high bytes of the vertices, u then v then disparity, then texture coordinates in steps of 1/65,535 where it has them, each the
   * difference to the vertex before in 16 bits; then the four bytes of the indices, lowest first, each the distance below the highest index that could come next.
   */
  data: string
}
