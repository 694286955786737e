/** Characters of the bar. */
const BAR = 20
/** How often the seconds are counted, ms. */
const TICK = 1000

/** One line that is written over and over, and lines above it that stay, on a terminal only. */
export interface Progress {
  /** Shows `[█████───────────────] 2/7 text, 12 s`; the seconds since the text was first shown go on by themselves. */
  show: (done: number, of: number, text: string) => void
  /** Leaves a line, where the bar would show again after it. */
  leave: (text: string) => void
  /** Wipes the line, before anything else is printed. */
  clear: () => void
}

/** The part of a terminal that is used. */
export interface Terminal {
  isTTY?: boolean | undefined
  columns?: number | undefined
  write: (text: string) => unknown
}

/** Progress on standard error; silent unless that is a terminal with a person before it: CI systems have terminals too. */
export function createProgress(quiet: boolean, terminal: Terminal = process.stderr, isCi: boolean = Boolean(process.env.CI)): Progress {
  if (quiet || isCi || terminal.isTTY !== true) return { show: () => {}, leave: () => {}, clear: () => {} }
  let timer: NodeJS.Timeout | undefined
  const clear = (): void => {
    clearInterval(timer)
    terminal.write('\r\u001B[K')
  }
  return {
    show: (done, of, text) => {
      clear()
      const start = Date.now()
      const draw = (): void => {
        const seconds = Math.round((Date.now() - start) / 1000)
        const full = Math.round((BAR * done) / Math.max(1, of))
        const line = `[${'█'.repeat(full)}${'─'.repeat(BAR - full)}] ${done}/${of} ${text}${seconds === 0 ? '' : `, ${seconds} s`}`
        terminal.write(`\r\u001B[K${line.slice(0, (terminal.columns || 80) - 1)}`)
      }
      draw()
      timer = setInterval(draw, TICK)
      timer.unref()
    },
    leave: (text) => {
      clear()
      terminal.write(`${text}\n`)
    },
    clear,
  }
}
