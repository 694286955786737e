// What src/core/mesh/pixels/pixels.ts and insertion.ts call: insertion, and loops over pixels, four at a time. Compiled by scripts/build-wasm.js into
// src/core/mesh/pixels/pixels-wasm.ts; plain-pixels.ts and plain-insertion.ts in test/core/mesh/ are the references that it is held to.
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
