/** Compiles wasm/pixels.ts (AssemblyScript) into src/core/mesh/pixels-wasm.ts. A test holds the two together. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { compileString } from 'assemblyscript/asc'

const TARGET = new URL('../src/core/mesh/pixels-wasm.ts', import.meta.url)

/** The module that holds the compiled loops, as text. */
export async function compileLoops() {
  const source = readFileSync(new URL('../wasm/pixels.ts', import.meta.url), 'utf8')
  const { error, binary, stderr } = await compileString({ 'pixels.ts': source }, { optimizeLevel: 3, noAssert: true, runtime: 'stub', enable: ['simd'], exportRuntime: false })
  if (error) throw new Error(`wasm/pixels.ts: ${stderr.toString()}`)
  return `/** wasm/pixels.ts, compiled: \`npm run build:wasm\`. */
export const PIXEL_LOOPS =
${(Buffer.from(binary).toString('base64').match(/.{1,150}/g) ?? []).map((line) => `  '${line}'`).join(' +\n')}
`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(TARGET, await compileLoops())
