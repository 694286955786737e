import { expect, it } from 'vitest'
import { createGate } from '../../src/bake/gate.js'

const never = new AbortController().signal

function open(options: { slots?: number; weight: number }) {
  const gate = createGate(options)
  const inside: string[] = []
  const leave: Record<string, () => void> = {}
  const enter = async (name: string, weight: number, signal = never): Promise<void> => {
    leave[name] = await gate.enter(weight, signal, name)
    inside.push(name)
  }
  /** Lets whoever may go in do so. */
  const settle = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve))
  return { enter, inside, leave, settle }
}

it('lets in what its weight allows, in order, and what is heavier than that alone', async () => {
  const { enter, inside, leave, settle } = open({ weight: 10 })
  for (const [name, weight] of [['a', 4], ['b', 6], ['whale', 50], ['c', 1], ['d', 9]] as const) void enter(name, weight)
  await settle()
  expect(inside).toEqual(['a', 'b'])
  leave.a()
  await settle()
  // `c` would fit, and waits behind the whale.
  expect(inside).toEqual(['a', 'b'])
  leave.b()
  await settle()
  expect(inside).toEqual(['a', 'b', 'whale'])
  leave.whale()
  await settle()
  expect(inside).toEqual(['a', 'b', 'whale', 'c', 'd'])
})

it('lets in as many as it has slots', async () => {
  const { enter, inside, leave, settle } = open({ slots: 2, weight: Infinity })
  for (const name of ['a', 'b', 'c']) void enter(name, 1)
  await settle()
  expect(inside).toEqual(['a', 'b'])
  leave.b()
  await settle()
  expect(inside).toEqual(['a', 'b', 'c'])
})

it('forgets who gives up while waiting, and lets the next one in', async () => {
  const { enter, inside, settle } = open({ weight: 10 })
  const stop = new AbortController()
  void enter('a', 9)
  const whale = enter('whale', 50, stop.signal)
  void enter('b', 1)
  stop.abort()
  await expect(whale).rejects.toMatchObject({ code: 'ABORTED', file: 'whale' })
  await settle()
  expect(inside).toEqual(['a', 'b'])
  await expect(enter('late', 1, stop.signal)).rejects.toMatchObject({ code: 'ABORTED' })
})

it('keeps the others in line when one gives up that is inside already', async () => {
  const { enter, inside, leave, settle } = open({ weight: 10 })
  const stop = new AbortController()
  void enter('a', 9, stop.signal)
  void enter('b', 9)
  stop.abort()
  await settle()
  expect(inside).toEqual(['a'])
  leave.a()
  await settle()
  expect(inside).toEqual(['a', 'b'])
})
