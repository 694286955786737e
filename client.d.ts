/**
 * Types of imported depth maps. In tsconfig.json, before `vite/client`, which would claim every `*.png`:
 *
 *   "types": ["depthmesh/client", "vite/client"]
 */

declare module '*.depth.png' {
  import type { DepthAsset } from 'depthmesh'

  /** URL of the LOD 0 GLB: self-contained, loads in any glTF 2.0 engine. */
  const url: string
  export default url
  /** Fine → coarse. */
  export const lods: DepthAsset['lods']
  /** Metres, glTF space. */
  export const bounds: DepthAsset['bounds']
  /** Data URI of a very small picture. */
  export const placeholder: DepthAsset['placeholder']
  /** The source view; `null` for orthographic maps. */
  export const camera: DepthAsset['camera']
  /** Variations of this map, where its sidecar asks for them. */
  export const variants: DepthAsset['variants']
  /** All of the above in one object, with `name`, `size` and the `material` of all levels: what `loadDepthBackground` of `depthmesh/three` takes. */
  export const asset: DepthAsset
}

declare module '*.depth.exr' {
  export { default, lods, bounds, placeholder, camera, variants, asset } from '*.depth.png'
}

declare module '*.depth.tif' {
  export { default, lods, bounds, placeholder, camera, variants, asset } from '*.depth.png'
}

declare module '*.depth.tiff' {
  export { default, lods, bounds, placeholder, camera, variants, asset } from '*.depth.png'
}

/** A shape of the library: `depthmesh:rock?seed=3`. See `depthmesh new --help` for their names. */
declare module 'depthmesh:*' {
  export { default, lods, bounds, placeholder, camera, variants, asset } from '*.depth.png'
}
