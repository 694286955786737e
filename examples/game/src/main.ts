import { Game } from './game.js'
import { createHud } from './ui/hud.js'

const hud = createHud()
hud.phase('loading')
Game.open(hud).then(
  (game) => game.begin(),
  (error: unknown) => {
    hud.failed(error)
    reportError(error)
  },
)
