export { DepthBackground, type DepthBackgroundOptions } from './background.js'
export { loadDepthBackground, type GlbLoader, type LoadDepthBackgroundOptions } from './load.js'
