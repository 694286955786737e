// What pixels.ts, insertion.ts and fit.ts in src/core/mesh/pixels/ call: insertion, least squares, and loops over pixels, four at a time. Compiled by scripts/build-wasm.js into
// pixels-wasm.ts there; plain-pixels.ts, plain-insertion.ts and plain-solve.ts in test/core/mesh/ are the references that they are held to.
//
// Memory: the host puts the map (f32, row after row, 16 bytes of padding behind it) and its arrays behind `freeFrom()` and passes addresses.

export { compare } from './compare'
export { drape } from './drape'
export { moments, squaredError } from './fit'
export { flush, useModel } from './flush'
export { beginInsertion, split } from './insert'
export { largest } from './queue'
export { scan } from './scan'
export { fitTriangles, solve, useSurface } from './solve'
export { touch, triangleCount, triangles, vertexCount, vertices } from './surface'
export { useMap } from './triangle'

export function freeFrom(): usize {
  return __heap_base
}
