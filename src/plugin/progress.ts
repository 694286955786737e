import type { Logger } from 'vite'
import type { BakeEvent } from '../bake/bake.js'
import { shownPath } from './report.js'

/** Shorter bakes pass without a word, ms. */
const WORTH_A_WORD = 1000

/** The part of a terminal that is used. */
export interface Terminal {
  isTTY?: boolean | undefined
  columns?: number | undefined
  write(text: string): unknown
}

/**
 * Tells of bakes: on a terminal one line that is rewritten while they run, and anywhere one line when a long run of them is over.
 *
 * @param terminal `null`: no progress (CI, silent)
 */
export function createProgress({ logger, root, terminal }: { logger: Logger; root: string; terminal: Terminal | null }): (event: BakeEvent) => void {
  /** Maps and how many bakes of each: one that an edit overtook may end after the next one has begun. */
  const running = new Map<string, number>()
  let done = 0
  let start = 0
  let timer: NodeJS.Timeout | undefined

  const draw = (): void => {
    const [first] = running.keys()
    const others = running.size > 1 ? ` and ${running.size - 1} more` : ''
    const text = `depthmesh: baking ${first}${others}, ${done} done, ${Math.round((Date.now() - start) / 1000)} s`
    terminal?.write(`\r\u001b[2K${text.slice(0, (terminal.columns || 80) - 1)}`)
  }
  const finish = (): void => {
    clearInterval(timer)
    timer = undefined
    const milliseconds = Date.now() - start
    if (milliseconds < WORTH_A_WORD) return
    if (terminal?.isTTY === true) terminal.write('\r\u001b[2K')
    // What failed has its own error; what an edit overtook is baked again.
    if (done === 0) return
    logger.info(`depthmesh: baked ${done} depth ${done === 1 ? 'map' : 'maps'} in ${(milliseconds / 1000).toFixed(1)} s`, { timestamp: true })
  }

  return ({ file, state }) => {
    const name = shownPath(root, file)
    if (state === 'started') {
      if (running.size === 0) {
        start = Date.now()
        done = 0
        if (terminal?.isTTY === true) timer = setInterval(draw, WORTH_A_WORD).unref()
      }
      running.set(name, (running.get(name) ?? 0) + 1)
      return
    }
    const others = (running.get(name) ?? 1) - 1
    if (others > 0) running.set(name, others)
    else running.delete(name)
    if (state === 'baked') done++
    if (running.size === 0) finish()
  }
}
