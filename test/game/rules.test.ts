import { describe, expect, it } from 'vitest'
import { after, DAYLIGHT, multiplier, newRun, passing } from '../../examples/game/src/play/rules.js'

const idle = { skimming: false, boosting: false }

describe('the rules of the game', () => {
  it('pays a ring more for each one in a row: 100, 200, 300', () => {
    let run = newRun()
    const scores = [1, 2, 3].map(() => (run = after(run, 'ring')).score)
    expect(scores).toEqual([100, 300, 600])
    expect(run).toMatchObject({ chain: 3, longest: 3, rings: 3 })
  })

  it('pays at most eightfold', () => {
    let run = newRun()
    for (let i = 0; i < 20; i++) run = after(run, 'ring')
    expect(multiplier(run)).toBe(8)
  })

  it('breaks the chain at a missed ring and at a crash, and keeps the longest', () => {
    for (const event of ['miss', 'crash'] as const) {
      const run = after(after(after(newRun(), 'ring'), 'ring'), event)
      expect(run).toMatchObject({ chain: 0, longest: 2, score: 300 })
    }
  })

  it('takes the light away second by second, and never below none', () => {
    expect(passing(newRun(), 10, idle).light).toBe(DAYLIGHT - 10)
    expect(passing(newRun(), 1000, idle).light).toBe(0)
  })

  it('fills the boost by skimming and drains it by boosting, between empty and full', () => {
    const run = newRun()
    expect(passing(run, 1, { skimming: true, boosting: false }).boost).toBeGreaterThan(run.boost)
    expect(passing(run, 0.5, { skimming: false, boosting: true }).boost).toBeLessThan(run.boost)
    expect(passing(run, 100, { skimming: true, boosting: false }).boost).toBe(1)
    expect(passing(run, 100, { skimming: false, boosting: true }).boost).toBe(0)
  })
})
