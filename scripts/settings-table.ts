import * as v from 'valibot'
import { settingsEntries } from '../src/core/options.js'
import { UNBUILT } from '../src/core/unbuilt.js'

/** The settings as a Markdown table: key, default, meaning. */
export function settingsTable(): string {
  const rows = Object.entries(settingsEntries).map(([name, schema]) => {
    const { fallback } = v.getMetadata(schema) as { fallback: string }
    return `| \`${name}\` | ${escapePipes(fallback)} | ${escapePipes(v.getDescription(schema) ?? '')} |`
  })
  return ['| key | default | meaning |', '|---|---|---|', ...rows].join('\n')
}

/** What the table promises and a bake refuses; empty when there is nothing of the kind. */
export function unbuiltSentence(): string {
  if (UNBUILT.length === 0) return ''
  return `Not built yet, and refused with an error: ${UNBUILT.map(({ setting }) => `\`${setting}\``).join(', ')}.`
}

function escapePipes(text: string): string {
  return text.replaceAll('|', '\\|')
}
