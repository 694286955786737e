/** One line that is written over and over, on a terminal only. */
export interface Progress {
  /** Shows `[2/7] text`. */
  show: (done: number, of: number, text: string) => void
  /** Wipes the line, before anything else is printed. */
  clear: () => void
}

/** Progress on standard error; silent unless that is a terminal. */
export function createProgress(quiet: boolean): Progress {
  const terminal = process.stderr
  if (quiet || !terminal.isTTY) return { show: () => {}, clear: () => {} }
  const clear = () => void terminal.write('\r\u001B[K')
  return {
    show: (done, of, text) => {
      const line = `[${done}/${of}] ${text}`
      terminal.write(`\r\u001B[K${line.slice(0, (terminal.columns || 80) - 1)}`)
    },
    clear,
  }
}
