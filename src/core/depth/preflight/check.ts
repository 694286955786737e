import type { Settings, SettingsInput } from '../../options.js'
import type { CleanStepName } from '../clean/step.js'

/** Stable names of the checks. `color-mapped` maps never get here: decoding refuses them. */
export type CheckId =
  | 'flat'
  | 'side-by-side'
  | 'eight-bit'
  | 'few-levels'
  | 'low-contrast'
  | 'lifted-black'
  | 'metres'
  | 'millimetres'
  | 'holes'
  | 'sparse'
  | 'dirty-black'
  | 'unknown'
  | 'sky'
  | 'noise'
  | 'spikes'
  | 'banded'
  | 'color-chunks'
  | 'soft-silhouettes'
  | 'wide-silhouettes'
  | 'inverted'
  | 'encoding'
  | 'aspect'
  | 'mirrored'
  | 'upside-down'
  | 'misaligned'

/** One finding about a map. */
export interface PreflightCheck {
  /** Stable name: `few-levels`, `holes`, … */
  id: CheckId
  /** `error`: something is wrong. `warning`: something is suspicious. `info`: good to know, and mended where it can be. */
  severity: 'error' | 'warning' | 'info'
  /** The number that made the check fire. */
  value: number
  /** What was found, with its number and unit. */
  found: string
  /** Why it matters. */
  why: string
  /** What to do. */
  advice: string
  /** Settings that would mend it, where a setting can. What is mended by itself has none: those that would leave it as it is are words in `advice`. */
  settings?: SettingsInput
}

/** What people read for each severity, the worst first. */
export const SEVERITY_WORDS = { error: 'wrong', warning: 'suspicious', info: 'note' } as const

/** How many findings there are of each severity, in words, the worst first: `2 suspicious`, `3 notes`; none of what there is none of. */
export function countFindings(checks: readonly Pick<PreflightCheck, 'severity'>[]): { severity: PreflightCheck['severity']; words: string }[] {
  const severities = Object.keys(SEVERITY_WORDS) as PreflightCheck['severity'][]
  return severities.flatMap((severity) => {
    const count = checks.filter((check) => check.severity === severity).length
    // "wrong" and "suspicious" have no plural.
    const plural = severity === 'info' && count > 1 ? 's' : ''
    return count === 0 ? [] : [{ severity, words: `${count} ${SEVERITY_WORDS[severity]}${plural}` }]
  })
}

/** Whether the settings keep what a step would mend: the question has been answered, and is not asked again. */
export function isRefused(step: CleanStepName, { clean }: Settings): boolean {
  return clean === false || (typeof clean === 'object' && clean[step] === false)
}

/** Reliefs have no camera: nothing in them is near or far, but high or low. */
export function isRelief({ projection }: Settings): boolean {
  return projection === 'orthographic'
}

/** `0.0314` → `3.1 %`; below one percent with two digits after the point. */
export function percent(share: number): string {
  const value = share * 100
  return `${value < 1 ? value.toFixed(2) : value < 10 ? value.toFixed(1) : value.toFixed(0)} %`
}
