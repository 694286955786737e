import { fileURLToPath } from 'node:url'

const compiler = (path: string): string => fileURLToPath(new URL(`../../${path}/bin/tsc`, import.meta.url))

/** The compilers that types are tested with, with their names: the newest, and the last one before it was rewritten. */
export const typescripts: [version: string, tsc: string][] = [
  ['TypeScript 7', compiler('node_modules/typescript')],
  ['TypeScript 5.9', compiler('test/typescript5/node_modules/typescript')],
]
