import type { Command } from './command.js'
import { commonFlags, type Flag } from './flags.js'
import { settingFlags } from './setting-flags.js'

/** Widest line that reads well; a narrower terminal narrows it. */
const MAX_COLUMNS = 110

/** Widest left column: longer flags stand on a line of their own. */
const MAX_LEFT = 30

/** `depthmesh --help` */
export function mainHelp(version: string, commands: readonly Command[]): string {
  return [
    `depthmesh ${version}: depth maps become GLB levels of detail`,
    '',
    'usage: depthmesh <command> …',
    '',
    ...twoColumns(commands.map(({ name, summary }) => [name, summary])),
    '',
    ...paragraph('depthmesh <command> --help says more, depthmesh --version which this is. Exit codes: 0 all went well, 1 a file failed or a check fired, 2 wrong usage, 130 ended by Ctrl-C.', 0),
    '',
  ].join('\n')
}

/** `depthmesh <command> --help` */
export function commandHelp(command: Command): string {
  const lines = [`usage: depthmesh ${command.name} ${command.usage}`, '', ...command.details.flatMap((text) => [...paragraph(text, 0), ''])]
  lines.push('flags', ...twoColumns([...command.flags, ...commonFlags].map(flagRow)), '')
  if (command.takesSettings) {
    lines.push(...paragraph('settings (the keys of <name>.depth.json; a flag wins over the file)', 0), ...twoColumns(settingFlags.map(flagRow)), '')
  }
  return lines.join('\n')
}

function flagRow({ name, value, meaning, fallback }: Flag): [string, string] {
  return [`--${name}${value === null ? '' : ` ${value}`}`, fallback === undefined ? meaning : `${meaning} (default ${fallback})`]
}

function twoColumns(rows: readonly (readonly [string, string])[]): string[] {
  const left = Math.min(MAX_LEFT, Math.max(...rows.map(([name]) => name.length))) + 4
  return rows.flatMap(([name, text]) => {
    const [first = '', ...rest] = paragraph(text, left)
    const head = `  ${name}`
    return head.length + 1 < left ? [head.padEnd(left) + first.trimStart(), ...rest] : [head, first, ...rest]
  })
}

/** Text broken into lines, each indented. */
function paragraph(text: string, indent: number): string[] {
  const width = Math.min(process.stdout.columns || MAX_COLUMNS, MAX_COLUMNS)
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map((each) => ' '.repeat(indent) + each)
}
