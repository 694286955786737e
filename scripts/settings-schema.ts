import { toJsonSchema } from '@valibot/to-json-schema'
import type * as v from 'valibot'
import { DEFAULTS, settingsEntries } from '../src/core/options.js'

/** The text of schema.json: what editors complete and check in a sidecar. */
export function settingsSchemaText(): string {
  const properties: Record<string, unknown> = {
    $schema: { type: 'string', description: 'where this schema lies, for the editor: "./node_modules/depthmesh/schema.json"' },
  }
  for (const [name, schema] of Object.entries(settingsEntries)) properties[name] = property(name, schema)
  const document = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'depthmesh settings',
    description: 'Settings of one depth map: canyon.depth.json beside canyon.depth.png.',
    type: 'object',
    properties,
    additionalProperties: false,
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

/** One key. JSON has no NaN and no Infinity, so that `finite` has nothing to say here. */
function property(name: string, schema: v.GenericSchema): object {
  const { $schema: _, fallback, ...rest } = toJsonSchema(schema, { errorMode: 'throw', ignoreActions: ['finite'] }) as Record<string, unknown>
  const value: unknown = Object.entries(DEFAULTS).find(([key]) => key === name)?.[1]
  return {
    ...rest,
    markdownDescription: `${String(rest.description)}\n\nDefault: ${String(fallback)}`,
    ...(value === undefined || value === null ? {} : { default: value }),
  }
}
