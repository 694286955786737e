/** Columns `from` … `to` − 1. */
export interface Stripe {
  from: number
  to: number
}

/** A narrower stripe may be a line of what is shown, pixels … */
const NARROWEST = 8
/** … and a wider one a part of it, as a share of the width. (Depth Anything leaves 50 px between a picture and its map.) */
const WIDEST = 0.25

/** The stripe of pure white, from top to bottom and exactly in the middle, that estimators leave between a picture and its map; `null` where there is none. */
export function findStripe(width: number, height: number, isWhite: (i: number) => boolean): Stripe | null {
  const isWhiteColumn = (x: number): boolean => {
    for (let y = 0; y < height; y++) if (!isWhite(y * width + x)) return false
    return true
  }
  let from = width >> 1
  let to = from
  while (from > 0 && isWhiteColumn(from - 1)) from--
  while (to < width && isWhiteColumn(to)) to++
  const stripe = to - from
  return from === width - to && stripe >= NARROWEST && stripe <= WIDEST * width ? { from, to } : null
}
