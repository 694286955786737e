// The loops of src/core/mesh/pixels.ts, four pixels at a time. Compiled by scripts/build-wasm.js into src/core/mesh/pixels-wasm.ts;
// test/core/mesh/plain-pixels.ts is the reference that they are held to.
//
// Memory: the host puts the map (f32, row after row, 16 bytes of padding behind it) and its arrays behind `freeFrom()` and passes addresses.

export { compare } from './compare'
export { drape } from './drape'
export { moments, squaredError } from './fit'
export { scan } from './scan'
export { useMap } from './triangle'

export function freeFrom(): usize {
  return __heap_base
}
