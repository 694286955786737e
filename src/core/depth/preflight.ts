import type { SettingsInput } from '../options.js'

/** One finding about a map. */
export interface PreflightCheck {
  /** Stable name: `few-levels`, `holes`, … */
  id: string
  severity: 'error' | 'warning' | 'info'
  /** The number that made the check fire. */
  value: number
  /** What was found, with its number and unit. */
  found: string
  /** Why it matters. */
  why: string
  /** What to do. */
  advice: string
  /** Settings that would mend it, where a setting can. */
  settings?: SettingsInput
}

/** The report on a map before baking. */
export interface PreflightReport {
  width: number
  height: number
  bitDepth: number
  /** Distinct levels. */
  levels: number
  checks: PreflightCheck[]
}
