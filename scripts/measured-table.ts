/** What the README says of speed and size: rows of docs/benchmarks.md, no figure of its own. */
export function measuredTable(benchmarks: string): string {
  const tables = tablesOf(benchmarks)
  const view = tableWith(tables, 'mean dB')
  const novel = (name: string) => [0, 1, 2, 3].map((level) => decibels(rowOf(view, `${name}, LOD ${level}`)['mean dB'])).join(' · ')
  const bytes = tableWith(tables, 'gltfpack -cc, no normals').filter(({ level }) => level === '0')
  const load = tableWith(tables, 'first pixel, ms')
  const alone = load.map((row) => Number(columnStarting(row, 'LOD 0 alone').split('/')[0]))
  const relief = tableWith(tables, '100k').filter(({ map, '': by }) => map.includes('(real)') && by === 'depthmesh')
  const time = (by: string) => rowOf(tableWith(tables, 'CPU ms').filter((row) => row.map === 'terrain 2048×2048'), by, '')['CPU ms'].split(' ')[0]
  const grid = columnStarting(rowOf(tableWith(tables, 'terrain'), '2048×2048'), 'CPU').match(/^(\d+) : (\d+)/)
  const dev = tables.find((rows) => rows.some((row) => row['']?.startsWith('save of')))
  if (!grid || !dev || relief.length === 0) throw new Error('docs/benchmarks.md lacks what the README tells of it')
  const rows = [
    ['three photographs seen from a second camera, at 100k · 25k · 6k · 1.5k triangles', `${novel('depthmesh')} dB`, `${novel('delatin')} dB (delatin, WebP); ${decibels(rowOf(view, 'rubber sheet, full resolution, lossless')['mean dB'])} dB (every pixel a vertex)`],
    ['RMS error of real heights at as many triangles', `${range(relief.flatMap((row) => ['100k', '25k', '6k', '1.5k'].map((budget) => Number(row[budget].match(/\(([\d.]+)\)/)?.[1]))), 2)}×`, '1× (delatin)'],
    ['CPU time of all four levels, 2048²', `${seconds(time('depthmesh (refined)'))} s`, `${seconds(time('delatin'))} s (delatin), ${seconds(grid[2])} s (meshoptimizer on the full grid)`],
    ['geometry, bytes a triangle at 100k', range(bytes.map(({ unlit }) => Number(unlit)), 1), `${range(bytes.map((row) => Number(row['gltfpack -cc, no normals'])), 1)} (gltfpack -cc)`],
    ['first picture at 10 Mbit/s', `${range(load.map((row) => Number(row['first pixel, ms'])), 0)} ms`, `${range(alone, 0)} ms (the finest level alone)`],
    ['a map of 1024² is saved: its new mesh in the running page', `${rowOf(dev, 'save of')['measured']} (a draft)`, 'by hand'],
  ]
  return [['', 'depthmesh', 'otherwise'], ['---', '---', '---'], ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

type Row = Record<string, string>

/** Every table of a Markdown text, a record a row by the table's head; a first cell left empty goes on from the row above. */
function tablesOf(text: string): Row[][] {
  const tables: Row[][] = []
  let head: string[] | undefined
  for (const line of text.split('\n')) {
    if (!line.startsWith('|')) {
      head = undefined
      continue
    }
    const cells = line.slice(1, -1).split('|').map((cell) => cell.trim())
    if (head === undefined) {
      head = cells
      tables.push([])
    } else if (!cells.every((cell) => /^-+$/.test(cell))) {
      const above = tables[tables.length - 1].at(-1)
      tables[tables.length - 1].push(Object.fromEntries(head.map((name, i) => [name, i === 0 && cells[0] === '' && above ? above[name] : cells[i]])))
    }
  }
  return tables
}

function tableWith(tables: readonly Row[][], column: string): Row[] {
  const found = tables.find((rows) => rows.length > 0 && column in rows[0])
  if (!found) throw new Error(`docs/benchmarks.md has no table with a column “${column}”`)
  return found
}

/** The row whose cell begins so, of the first column unless told. */
function rowOf(rows: readonly Row[], name: string, column = Object.keys(rows[0])[0]): Row {
  const found = rows.find((row) => row[column].startsWith(name))
  if (!found) throw new Error(`docs/benchmarks.md has no row “${name}”`)
  return found
}

function columnStarting(row: Row, name: string): string {
  const found = Object.keys(row).find((column) => column.startsWith(name))
  if (found === undefined) throw new Error(`docs/benchmarks.md has no column “${name}”`)
  return row[found]
}

const decibels = (cell: string): string => finite(Number(cell.replaceAll('*', ''))).toFixed(1)
const seconds = (milliseconds: string): string => (finite(Number(milliseconds)) / 1000).toPrecision(2)

function range(values: readonly number[], digits: number): string {
  const known = values.map(finite)
  if (known.length === 0) throw new Error('docs/benchmarks.md has no rows where the README tells a range')
  const [least, most] = [Math.min(...known).toFixed(digits), Math.max(...known).toFixed(digits)]
  return least === most ? least : `${least}–${most}`
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new Error('docs/benchmarks.md has no number where the README tells one')
  return value
}
