/** The steps that `clean` names. */
export type CleanStepName = 'spikes' | 'noise' | 'bands' | 'holes' | 'silhouettes'

/** One thing that was done to a map. */
export interface CleanStep {
  step: CleanStepName | 'influence'
  /** Pixels that have another value now. */
  pixels: number
  /** What was done, with its number: `filled 5,440 pixels (3.2 %) that were unknown`. */
  done: string
}
