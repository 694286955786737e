/** Compiles wasm/ (AssemblyScript) into src/core/mesh/pixels/pixels-wasm.ts. A test holds the two together. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { main } from 'assemblyscript/asc'

const SOURCE = new URL('../wasm/', import.meta.url)
const TARGET = new URL('../src/core/mesh/pixels/pixels-wasm.ts', import.meta.url)

/** The module that holds the compiled loops, as text. */
export async function compileLoops() {
  let binary = new Uint8Array()
  const readFile = (name) => (existsSync(new URL(name, SOURCE)) ? readFileSync(new URL(name, SOURCE), 'utf8') : null)
  const { error, stderr } = await main(['index.ts', '--outFile', 'loops.wasm', '-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd'], {
    readFile,
    writeFile: (_name, contents) => {
      binary = contents
    },
    listFiles: () => [],
  })
  if (error) throw new Error(`wasm: ${stderr.toString()}`)
  return `/** wasm/, compiled: \`npm run build:wasm\`. */
export const PIXEL_LOOPS =
${(Buffer.from(binary).toString('base64').match(/.{1,150}/g) ?? []).map((line) => `  '${line}'`).join(' +\n')}
`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(TARGET, await compileLoops())
