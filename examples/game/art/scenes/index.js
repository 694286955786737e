import { canyon } from './canyon.js'
import { crystal, ruin, spire, tree } from './props.js'
import { valley } from './valley.js'

/** Every picture of the game by name; a scene is made for a scale (1 = as committed). */
export const scenes = { canyon, valley, tree, spire, ruin, crystal }
