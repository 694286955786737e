import { createHash } from 'node:crypto'
import type { WebSocketClient, WebSocketServer } from 'vite'
import { LISTENING_EVENT, type ListeningNews } from './module.js'

/** A socket that is open, as WebSockets call it. */
const OPEN = 1

/** The pages that listen to edits of maps, whichever server of a plugin they are from. */
export interface Audience {
  /**
   * Hears from the pages of a server which maps they listen to. What they send is only ever compared.
   *
   * @param onListening told of each page that begins to, and of the state that it has
   */
  hear(socket: Pick<WebSocketServer, 'on'>, onListening?: (topic: string, key: unknown) => void): void
  /** Does a page that is still there listen to this map? */
  isListening(map: string): boolean
}

export function createAudience(): Audience {
  const pages = new Map<string, Set<WebSocketClient>>()
  return {
    hear(socket, onListening) {
      socket.on(LISTENING_EVENT, (news: Partial<ListeningNews> | undefined, page: WebSocketClient) => {
        const { topic, listening, key } = news ?? {}
        if (typeof topic !== 'string') return
        const others = [...(pages.get(topic) ?? [])].filter((other) => other !== page && isThere(other))
        pages.set(topic, new Set(listening === true ? [...others, page] : others))
        if (listening === true) onListening?.(topic, key)
      })
    },
    isListening: (map) => [...(pages.get(topicOf(map)) ?? [])].some(isThere),
  }
}

/** What pages call a map: its path is nobody's business. */
export function topicOf(map: string): string {
  return createHash('sha256').update(map).digest('hex').slice(0, 16)
}

function isThere({ socket }: WebSocketClient): boolean {
  return socket.readyState === OPEN
}
