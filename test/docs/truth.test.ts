import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { bakeDepthMesh } from '../../src/core/index.js'
import { gray16, rgb8 } from '../support/maps.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const documents = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)]
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const packageJson = JSON.parse(read('package.json')) as { dependencies: Record<string, string>; scripts: Record<string, string> }

/** First cells of the table that follows a line, without backticks: `triangles`, `vertices` count as two. */
function firstColumn(document: string, line: string): string[] {
  const after = read(document).split(line)[1]
  const rows = /(?:^\|.*\n)+/m.exec(after ?? '')?.[0].trim().split('\n').slice(2) ?? []
  return rows.flatMap((row) => [...row.split('|')[1].matchAll(/`(\w+)`/g)].map(([, key]) => key))
}

describe.each(documents)('%s', (document) => {
  const text = read(document)

  it('links to pages and pictures that exist', () => {
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target).filter((target) => !/^[a-z]+:/.test(target))
    for (const target of targets) {
      const [path, anchor] = target.split('#')
      const file = path === '' ? document : join(dirname(document), path)
      expect(existsSync(join(root, file)), `${target} in ${document}`).toBe(true)
      if (anchor === undefined) continue
      const anchors = [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, title]) => title.toLowerCase().replace(/[^\w\s-]/g, '').trim().replaceAll(' ', '-'))
      expect(anchors, `#${anchor} of ${file}`).toContain(anchor)
    }
  })

  it('names files of the repository that exist', () => {
    const paths = [...text.matchAll(/`((?:src|bench|scripts|test|docs|examples)\/[\w./-]+)`/g)].map(([, path]) => path)
    for (const path of paths) expect(existsSync(join(root, path)), `${path} in ${document}`).toBe(true)
  })

  it('names npm scripts that exist', () => {
    for (const [, script] of text.matchAll(/npm run ([\w:]+)/g)) expect(Object.keys(packageJson.scripts)).toContain(script)
  })
})

describe('docs/architecture.md', () => {
  it('has a reason for every dependency', () => {
    const named = firstColumnText('docs/architecture.md', '## Libraries')
    for (const name of Object.keys(packageJson.dependencies)) expect(named).toContain(`\`${name}\``)
  })

  function firstColumnText(document: string, heading: string): string {
    return read(document).split(`${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  }
})

describe('docs/formats.md', () => {
  it('lists the keys of a manifest, of its levels and of its checks', async () => {
    // An 8-bit map in a 16-bit file with a black hole: something for pre-flight to find.
    const depth = await gray16(128, 96, (x, y) => (Math.hypot(x - 64, y - 48) < 12 ? 0 : Math.round(120 + x / 2) / 255))
    const { manifest } = await bakeDepthMesh({ name: 'ramp', depth, color: await rgb8(128, 96, (x) => [x, 90, 40]) }, { settings: { lods: [200, 50] } })
    expect(firstColumn('docs/formats.md', '## Manifest').sort()).toEqual(Object.keys(manifest).sort())
    expect(firstColumn('docs/formats.md', 'A level:').sort()).toEqual(Object.keys(manifest.lods[0]).sort())
    const { checks } = manifest.preflight
    expect(checks.length).toBeGreaterThan(0)
    const documented = firstColumn('docs/formats.md', 'A pre-flight check:')
    for (const check of checks) for (const key of Object.keys(check)) expect(documented).toContain(key)
    for (const key of documented.filter((name) => name !== 'settings')) expect(checks[0]).toHaveProperty(key)
  })
})
