#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { formatError } from '../core/errors.js'
import { bakeCommand } from './bake.js'
import { checkCommand } from './check.js'
import { cacheCommand } from './cache.js'
import { EXIT, type Command } from './command.js'
import { exportCommand } from './export.js'
import { commonFlags, parseFlags } from './flags.js'
import { commandHelp, mainHelp } from './help.js'
import { newCommand } from './new.js'
import { listenForInterrupts } from './interrupt.js'
import { reportCommand } from './report.js'
import { settingFlags } from './setting-flags.js'
import { unknownWord, UsageError } from './usage-error.js'
import { watchCommand } from './watch.js'

const commands: readonly Command[] = [bakeCommand, checkCommand, reportCommand, watchCommand, exportCommand, newCommand, cacheCommand]

process.exitCode = await main(process.argv.slice(2), listenForInterrupts())

/** Runs one command line and gives its exit code. */
async function main(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const verbose = argv.includes('--verbose')
  try {
    return await dispatch(argv, signal)
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted
    if (error instanceof UsageError) {
      console.error(`depthmesh: ${error.message}`)
      return EXIT.wrongUsage
    }
    console.error(`depthmesh: ${verbose && error instanceof Error ? (error.stack ?? error.message) : formatError(error)}`)
    return EXIT.failed
  }
}

async function dispatch(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const [name, ...rest] = argv
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const topic = name === 'help' ? rest[0] : undefined
    console.log(topic === undefined ? mainHelp(version(), commands) : commandHelp(find(topic)))
    return name === undefined ? EXIT.wrongUsage : EXIT.ok
  }
  if (name === '--version' || name === '-v') {
    console.log(version())
    return EXIT.ok
  }
  const command = find(name)
  if (rest.includes('--help') || rest.includes('-h')) {
    console.log(commandHelp(command))
    return EXIT.ok
  }
  const args = parseFlags(rest, [...command.flags, ...commonFlags, ...(command.takesSettings ? settingFlags : [])])
  return command.run(args, signal)
}

function find(name: string): Command {
  const command = commands.find((each) => each.name === name)
  if (command !== undefined) return command
  const names = commands.map((each) => each.name)
  if (name.startsWith('-')) throw new UsageError(`expected a command before ${name}. Commands: ${names.join(', ')}.`)
  throw unknownWord('command', name, names)
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
  return version
}
