import { createHash } from 'node:crypto'
import type { WebSocketClient, WebSocketServer } from 'vite'
import { LISTENING_EVENT, type ListeningNews } from './module.js'

/** A socket that is open, as WebSockets call it. */
const OPEN = 1

/** The pages that listen to edits of maps. */
export interface Audience {
  /** Does a page that is still there listen to this map? */
  isListening(map: string): boolean
}

/** Hears from pages which maps they listen to. What they send is only ever compared. */
export function createAudience(socket: Pick<WebSocketServer, 'on'>): Audience {
  const pages = new Map<string, Set<WebSocketClient>>()
  socket.on(LISTENING_EVENT, (news: Partial<ListeningNews> | undefined, page: WebSocketClient) => {
    const { topic, listening } = news ?? {}
    if (typeof topic !== 'string') return
    const others = [...(pages.get(topic) ?? [])].filter((other) => other !== page && isThere(other))
    pages.set(topic, new Set(listening === true ? [...others, page] : others))
  })
  return {
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
