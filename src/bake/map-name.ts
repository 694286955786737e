/** In what files depth maps are. */
export const MAP_EXTENSIONS = ['png', 'exr', 'tif', 'tiff'] as const

/** Colour pictures that are found by their stem, in order of preference. */
export const COLOR_EXTENSIONS = ['png', 'jpg', 'jpeg', 'webp', 'avif', 'tif'] as const

/** Names that say that they are maps: `canyon.depth.png`. */
export const DEPTH_MAP = new RegExp(`\\.depth\\.(?:${MAP_EXTENSIONS.join('|')})$`, 'i')
