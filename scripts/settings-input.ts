import { toJsonSchema } from '@valibot/to-json-schema'
import * as v from 'valibot'
import { settingsEntries } from '../src/core/options.js'

/** The part of JSON Schema that the settings make use of. */
interface Shape {
  type?: string
  description?: string
  const?: unknown
  enum?: readonly unknown[]
  anyOf?: readonly Shape[]
  items?: Shape | readonly Shape[]
  properties?: Readonly<Record<string, Shape>>
  required?: readonly string[]
}

/** The text of src/core/settings-input.ts. A type that is inferred from the schema has no comments, and editors would show none. */
export function settingsInputText(): string {
  const keys = Object.entries(settingsEntries).map(([name, schema]) => {
    const { fallback } = v.getMetadata(schema) as { fallback: string }
    const shape = toJsonSchema(schema, { errorMode: 'throw', ignoreActions: ['finite', 'metadata'] }) as Shape
    return `${comment([sentence(shape.description ?? ''), `Default: ${fallback}.`], '  ')}\n  ${name}?: ${typeOf(shape, '  ')} | undefined`
  })
  return `/**
 * Settings as people write them: every key optional.
 *
 * (Made of the schema in options.ts by \`npm run generate\`.)
 */
export interface SettingsInput {
${keys.join('\n')}
}
`
}

function typeOf({ type, const: constant, enum: values, anyOf, items, properties, required = [] }: Shape, indent: string): string {
  if (constant !== undefined) return literal(constant)
  if (values) return values.map(literal).join(' | ')
  if (anyOf) return anyOf.map((shape) => typeOf(shape, indent)).join(' | ')
  if (type === 'array' && items) return 'length' in items ? `[${items.map((item) => typeOf(item, indent)).join(', ')}]` : `${typeOf(items, indent)}[]`
  if (properties) return objectType(properties, required, indent)
  return type === 'integer' ? 'number' : String(type)
}

function objectType(properties: Readonly<Record<string, Shape>>, required: readonly string[], indent: string): string {
  const inner = `${indent}  `
  const keys = Object.entries(properties).map(([name, shape]) => {
    const isOptional = !required.includes(name)
    return `${comment([sentence(shape.description ?? '')], inner)}\n${inner}${name}${isOptional ? '?' : ''}: ${typeOf(shape, inner)}${isOptional ? ' | undefined' : ''}`
  })
  return `{\n${keys.join('\n')}\n${indent}}`
}

function comment(lines: readonly string[], indent: string): string {
  if (lines.length === 1) return `${indent}/** ${lines[0]} */`
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`), `${indent} */`].join('\n')
}

/** `metres across` → `Metres across.` */
function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value)
}
