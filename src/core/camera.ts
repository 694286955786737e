import type { DisparityMap } from './depth/convention.js'
import type { Settings } from './options.js'

/** The source view of a perspective map. */
export interface SourceCamera {
  /** Vertical field of view, degrees. */
  fovY: number
  /** Width / height. */
  aspect: number
  /** Metres. */
  near: number
  /** Metres. */
  far: number
}

/** The source view of a map; `null` for an orthographic one. */
export function sourceCamera({ width, height, near, far }: Pick<DisparityMap, 'width' | 'height' | 'near' | 'far'>, { projection, fovY }: Pick<Settings, 'projection' | 'fovY'>): SourceCamera | null {
  return projection === 'perspective' ? { fovY, aspect: width / height, near, far } : null
}
