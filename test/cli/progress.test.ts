import { describe, expect, it } from 'vitest'
import { createProgress } from '../../src/cli/progress.js'

function terminalOf(isTTY: boolean, columns = 80) {
  const written: string[] = []
  return { isTTY, columns, written, write: (text: string) => written.push(text) }
}

describe('progress', () => {
  it('is a bar on a terminal, which is wiped before anything else is said', () => {
    const terminal = terminalOf(true)
    const progress = createProgress(false, terminal, false)
    progress.show(1, 4, 'art/canyon.depth.png')
    expect(terminal.written.at(-1)).toBe('\r\u001B[K[█████───────────────] 1/4 art/canyon.depth.png')
    progress.clear()
    expect(terminal.written.at(-1)).toBe('\r\u001B[K')
  })

  it('leaves lines behind that say what is done', () => {
    const terminal = terminalOf(true)
    const progress = createProgress(false, terminal, false)
    progress.show(0, 2, 'a.depth.png')
    progress.leave('[1/2] a.depth.png')
    expect(terminal.written.slice(-2)).toEqual(['\r\u001B[K', '[1/2] a.depth.png\n'])
  })

  it('keeps to one line of a narrow terminal', () => {
    const terminal = terminalOf(true, 40)
    const progress = createProgress(false, terminal, false)
    progress.show(0, 2, 'art/some/folder/far/below/canyon.depth.png')
    progress.clear()
    for (const text of terminal.written) expect(text.replace('\r\u001B[K', '').length).toBeLessThan(40)
  })

  it.each([
    ['with --quiet', true, true, false],
    ['without a terminal', false, false, false],
    ['in CI, which may have a terminal', false, true, true],
  ])('is silent %s', (_, quiet, isTTY, isCi) => {
    const terminal = terminalOf(isTTY)
    const progress = createProgress(quiet, terminal, isCi)
    progress.show(0, 2, 'art/canyon.depth.png')
    progress.leave('[1/2] art/canyon.depth.png')
    progress.clear()
    expect(terminal.written).toEqual([])
  })
})
