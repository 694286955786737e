/**
 * npm run bench                         lists the benchmarks
 * npm run bench -- bake mesh            runs bench/bake.js and bench/mesh.js and prints their tables
 * npm run bench -- bake --write         also puts the table into docs/benchmarks.md
 *
 * Each bench/<name>.js exports `run(): Promise<string>`, which gives Markdown. The package must be built (npm run build).
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { parseArgs } from 'node:util'

const DOCUMENT = new URL('../docs/benchmarks.md', import.meta.url)
const PEERS = ['sharp', 'meshoptimizer', '@gltf-transform/core', 'delatin', '@mapbox/martini', 'three']

const known = readdirSync(new URL('.', import.meta.url)).filter((file) => file.endsWith('.js') && file !== 'index.js').map((file) => file.slice(0, -3)).sort()
const { values, positionals } = parseArgs({ allowPositionals: true, options: { write: { type: 'boolean', default: false } } })
const unknown = positionals.filter((name) => !known.includes(name))
if (positionals.length === 0 || unknown.length > 0) {
  if (unknown.length > 0) console.error(`no such benchmark: ${unknown.join(', ')}`)
  console.error(`usage: npm run bench -- <name…> [--write]\nbenchmarks: ${known.join(', ')}`)
  process.exit(positionals.length === 0 ? 0 : 2)
}

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const header = `depthmesh ${version} · Node ${process.versions.node} · ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores · ${PEERS.map((name) => `${name} ${versionOf(name)}`).join(' · ')}`
console.log(`${header}\n`)
for (const name of positionals) {
  const { run } = await import(`./${name}.js`)
  const table = await run()
  console.log(`${table}\n`)
  if (values.write) writeSection(name, `\`npm run bench -- ${name}\` · ${header}\n\n${table}`)
}

/** The version that is installed. */
function versionOf(name) {
  return JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')).version
}

/** Replaces what stands between the benchmark's two markers, or adds a section for it at the end. */
function writeSection(name, body) {
  const [start, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`]
  const section = `${start}\n${body}\n${end}`
  const text = readFileSync(DOCUMENT, 'utf8')
  const from = text.indexOf(start)
  const to = text.indexOf(end)
  writeFileSync(DOCUMENT, from >= 0 && to > from ? text.slice(0, from) + section + text.slice(to + end.length) : `${text.trimEnd()}\n\n## ${name}\n\n${section}\n`)
}
