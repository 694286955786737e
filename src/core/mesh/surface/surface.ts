/** A surface over the picture: what all stages between a map and metres hand to each other. */
export interface Surface {
  /** u px, v px, disparity per vertex. Pixel (x, y) has its centre at (x + ½, y + ½); the picture's edges are 0, width and height. */
  points: Float32Array
  /** Three vertices per triangle, counter-clockwise as seen from the camera (v grows downward). */
  triangles: Uint32Array
}
