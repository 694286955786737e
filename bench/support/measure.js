/** Timing and tables for the benchmarks. */

/**
 * Runs every contender once a round, in turn, so that whatever else the machine does hits all of them alike.
 *
 * @param {Record<string, () => unknown>} contenders what to time, by name
 * @param {number} rounds rounds that count; one more warms up, unless it is a single one, of something long
 * @param {() => number} now wall time unless told otherwise
 * @returns {Promise<Record<string, number>>} the median time of each, milliseconds
 */
export async function medianTimes(contenders, rounds = 5, now = () => performance.now()) {
  const times = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]))
  for (let round = rounds > 1 ? 0 : 1; round <= rounds; round++) {
    for (const [name, contender] of Object.entries(contenders)) {
      const start = now()
      await contender()
      if (round > 0) times[name].push(now() - start)
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]))
}

/** The middle value; of an even number, the mean of the middle two. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** A Markdown table. Cells are shown as they are; numbers to three significant digits. */
export function markdownTable(head, rows) {
  const line = (cells) => `| ${cells.map(cell).join(' | ')} |`
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n')
}

function cell(value) {
  if (typeof value !== 'number') return String(value)
  if (Number.isInteger(value)) return value.toLocaleString('en-US')
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3)
}
