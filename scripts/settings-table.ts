import * as v from 'valibot'
import { settingsEntries } from '../src/core/options.js'

/** The settings as a Markdown table: key, default, meaning. */
export function settingsTable(): string {
  const rows = Object.entries(settingsEntries).map(([name, schema]) => {
    const { fallback } = v.getMetadata(schema) as { fallback: string }
    return `| \`${name}\` | ${escapePipes(fallback)} | ${escapePipes(v.getDescription(schema) ?? '')} |`
  })
  return ['| key | default | meaning |', '|---|---|---|', ...rows].join('\n')
}

function escapePipes(text: string): string {
  return text.replaceAll('|', '\\|')
}
