import { expect, it } from 'vitest'
import type { WebSocketClient, WebSocketServer } from 'vite'
import { createAudience, topicOf } from '../../src/plugin/audience.js'
import { LISTENING_EVENT } from '../../src/plugin/module.js'

/** As WebSockets call it. */
const [OPEN, CLOSED] = [1, 3] as const

/** What a server's socket hands on of what pages send. */
type Send = (news: unknown, page: WebSocketClient) => void

function open() {
  const audience = createAudience()
  const server = (): Send => {
    let send: Send = () => undefined
    audience.hear({ on: (event: string, heard: Send) => void (event === LISTENING_EVENT && (send = heard)) } as unknown as Pick<WebSocketServer, 'on'>)
    return send
  }
  return { audience, server }
}
/** A page whose socket can be closed. */
const page = (): WebSocketClient => ({ socket: { readyState: OPEN } }) as WebSocketClient
const hears = (listening: boolean, map = 'hill') => ({ topic: topicOf(map), listening })

it('counts each page by itself, until it ceases to listen or is closed, whichever server it is from', () => {
  const { audience, server } = open()
  const [first, second] = [server(), server()]
  const [one, other] = [page(), page()]
  expect(audience.isListening('hill')).toBe(false)
  first(hears(true), one)
  second(hears(true), other)
  expect([audience.isListening('hill'), audience.isListening('lake')]).toEqual([true, false])
  second(hears(false), other)
  expect(audience.isListening('hill')).toBe(true)
  second(hears(true), other)
  first(hears(false), one)
  expect(audience.isListening('hill')).toBe(true)
  Object.assign(other.socket, { readyState: CLOSED })
  expect(audience.isListening('hill')).toBe(false)
})

it('takes no notice of what is no news of listening', () => {
  const { audience, server } = open()
  const send = server()
  for (const news of [undefined, {}, { topic: 3, listening: true }, { topic: topicOf('hill'), listening: 'yes' }]) send(news, page())
  expect(audience.isListening('hill')).toBe(false)
})
