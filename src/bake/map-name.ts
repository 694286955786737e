/** In what files depth maps are. */
export const MAP_EXTENSIONS = ['png', 'exr', 'tif', 'tiff'] as const

/** Names that say that they are maps: `canyon.depth.png`. */
export const DEPTH_MAP = new RegExp(`\\.depth\\.(?:${MAP_EXTENSIONS.join('|')})$`, 'i')
