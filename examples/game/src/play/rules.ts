/** Seconds of light at the start. */
export const DAYLIGHT = 60
/** Seconds that each ring gives back. */
const RING_TIME = 0.8
const RING_POINTS = 100
const MOTE_POINTS = 20
const CRYSTAL_POINTS = 150
/** Points a second for flying close to the ground. */
const SKIM_POINTS = 40
const LONGEST_MULTIPLIER = 8
/** Share of the boost that one second of skimming fills, and that one second of boosting takes. */
const SKIM_FILL = 0.4
const BOOST_DRAIN = 0.32
const RING_FILL = 0.08

/** One flight, as numbers. */
export interface Run {
  score: number
  /** Rings in a row. */
  chain: number
  longest: number
  rings: number
  /** Seconds of light left. */
  light: number
  /** 0..1. */
  boost: number
}

export type Event = 'ring' | 'miss' | 'mote' | 'crystal' | 'crash'

/** @param light seconds until night */
export function newRun(light = DAYLIGHT): Run {
  return { score: 0, chain: 0, longest: 0, rings: 0, light, boost: 0.35 }
}

/** What a ring is worth now: ×1 for the first, one more for each in a row. */
export function multiplier(run: Run): number {
  return Math.min(LONGEST_MULTIPLIER, Math.max(1, run.chain))
}

/** The run after something happened. */
export function after(run: Run, event: Event): Run {
  switch (event) {
    case 'ring': {
      const chain = run.chain + 1
      const next = { ...run, chain, rings: run.rings + 1, longest: Math.max(run.longest, chain), light: run.light + RING_TIME, boost: Math.min(1, run.boost + RING_FILL) }
      return { ...next, score: run.score + RING_POINTS * multiplier(next) }
    }
    case 'miss':
      return { ...run, chain: 0 }
    case 'mote':
      return { ...run, score: run.score + MOTE_POINTS * multiplier(run) }
    case 'crystal':
      return { ...run, score: run.score + CRYSTAL_POINTS * multiplier(run) }
    case 'crash':
      return { ...run, chain: 0, boost: run.boost / 2 }
  }
}

/** The run after `seconds` of flying. */
export function passing(run: Run, seconds: number, { skimming, boosting }: { skimming: boolean; boosting: boolean }): Run {
  const filled = run.boost + (skimming ? SKIM_FILL : 0) * seconds - (boosting ? BOOST_DRAIN : 0) * seconds
  return {
    ...run,
    light: Math.max(0, run.light - seconds),
    score: run.score + (skimming ? SKIM_POINTS * seconds : 0),
    boost: Math.min(1, Math.max(0, filled)),
  }
}
