/** A URL as this page understands it; where there is no page, as it is. */
export function absolute(url: string): string {
  const page = globalThis.document?.baseURI ?? globalThis.location?.href
  return page === undefined ? url : new URL(url, page).href
}

/** A URL as seen from a level's. */
export function resolved(url: string, level: string): string {
  return new URL(url, absolute(level)).href
}
