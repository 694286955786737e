import { Game } from './game.js'
import { createHud } from './ui/hud.js'

const hud = createHud()
hud.phase('loading')
try {
  const game = await Game.open(hud)
  game.begin()
} catch (error) {
  hud.failed(error)
  throw error
}
