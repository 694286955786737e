/** Columns of text, aligned with spaces; columns named in `right` are flush right. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[], right: ReadonlySet<string>): string {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column].length)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (right.has(head[column]) ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
      .join('  ')
      .trimEnd()
  return [line(head), ...rows.map(line)].join('\n')
}
