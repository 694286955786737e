import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { inOrder } from '../../src/core/in-order.js'

/** Work that takes as many turns as it is told, and a list of what was begun and how much of it was under way. */
function workshop(turns: (index: number) => number) {
  const begun: number[] = []
  let [now, most] = [0, 0]
  const work = async (index: number): Promise<string> => {
    begun.push(index)
    most = Math.max(most, ++now)
    for (let k = 0; k < turns(index); k++) await turn()
    now--
    return `made of ${index}`
  }
  return { begun, work, most: () => most }
}

it.each([1, 2, 3])('does %i at once, and gives the results in their order', async (atOnce) => {
  const { begun, work, most } = workshop((index) => 10 - index)
  expect(await inOrder(5, work, { atOnce })).toEqual([0, 1, 2, 3, 4].map((index) => `made of ${index}`))
  expect(begun).toEqual([0, 1, 2, 3, 4])
  expect(most()).toBe(atOnce)
})

it('begins nothing more once one has failed', async () => {
  const { begun, work } = workshop(() => 3)
  const failing = (index: number): Promise<string> => (index === 1 ? Promise.reject(new Error('no second one')) : work(index))
  await expect(inOrder(9, failing, { atOnce: 2 })).rejects.toThrow('no second one')
  for (let k = 0; k < 50; k++) await turn()
  expect(begun).toEqual([0])
})

it('begins nothing more once it is aborted, and says why', async () => {
  const { begun, work } = workshop(() => 3)
  const controller = new AbortController()
  const done = inOrder(9, work, { atOnce: 2, signal: controller.signal })
  controller.abort(new Error('not wanted'))
  await expect(done).rejects.toThrow('not wanted')
  for (let k = 0; k < 50; k++) await turn()
  expect(begun).toEqual([0, 1])
})
