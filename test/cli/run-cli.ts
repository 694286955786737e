import { execFile, type ExecFileException } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The bin as package.json names it. */
export const bin = fileURLToPath(new URL('../../dist/cli/index.js', import.meta.url))

if (!existsSync(bin)) throw new Error(`expected the built bin at ${bin}: npm run build`)

export interface CliResult {
  code: number
  stdout: string
  stderr: string
}

/** Runs the built bin as its users do: a process of its own, not on a terminal. Its cache lies in `cwd`, whatever packages the folders above belong to. */
export function runCli(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [bin, ...args], { cwd, env: { ...process.env, DEPTHMESH_CACHE_DIR: join(cwd, 'node_modules', '.cache'), ...env }, maxBuffer: 2 ** 26 }, (error: ExecFileException | null, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error)
      else resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
    })
  })
}

/** The objects of a `--json` run. */
export function jsonLines<T>({ stdout }: CliResult): T[] {
  return stdout.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as T)
}
