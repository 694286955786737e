import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { ExportPart, ExportResult } from '../core/index.js'
import { openBaker } from './baker.js'
import { exitCode, type Command } from './command.js'
import { eachMap } from './each-map.js'
import { readExportRecord } from './export-record.js'
import { mapName, patternsOf } from './find-maps.js'
import { outFlag, outFolder, type Arguments } from './flags.js'
import { endable } from './interrupt.js'
import { findMapsToWrite } from './maps-to-write.js'
import { printJson, reportFailures, reportWarnings } from './outcome.js'
import { settingsFromFlags } from './setting-flags.js'
import { UsageError } from './usage-error.js'
import { writeOutputs, type Output } from './write-outputs.js'

/** What `--only` may name. */
const PARTS: Record<ExportPart, string> = {
  depth: '<name>.depth.png, the cleaned map in 16 bits, with the settings under which it gives the same surface (<name>.depth.json)',
  mesh: '<name>.glb, a vertex a pixel, uncompressed',
  obj: '<name>.obj in quads, with <name>.mtl',
  normal: '<name>.normal.png',
  displacement: '<name>.displacement.png, 16 bits, linear in metres, with its scale (<name>.displacement.json)',
}

export const exportCommand: Command = {
  name: 'export',
  usage: '<file, folder or glob…> --out <folder> [flags]',
  summary: 'a map at full resolution for Blender, ZBrush, Photoshop: cleaned map, mesh, normals, displacement',
  details: [
    `Writes ${Object.values(PARTS).join('; ')}. The colour picture is copied beside them.`,
    'The way back: edit <name>.depth.png, keep its .json beside it, and import or bake it like any map; once it is edited no export writes over it. The mesh is one sheet: it is not cut at jumps.',
  ],
  flags: [
    outFlag,
    { name: 'only', value: '<part,…>', meaning: `some of ${Object.keys(PARTS).join(', ')}, or none`, fallback: 'all' },
    { name: 'bake-onto', value: '<mesh.glb>', meaning: 'a mesh of the same place and size, retopologised elsewhere: <name>.onto.normal.png gives it the detail of the map, over its own UVs, --normal-map.size pixels a side' },
  ],
  takesSettings: true,
  run: exportMaps,
}

async function exportMaps(args: Arguments, signal: AbortSignal): Promise<number> {
  const out = outFolder(args)
  const parts = chosenParts(args)
  const settings = settingsFromFlags(args.flags)
  const { maps, failures } = await findMapsToWrite(patternsOf(args))
  const onto = await readTarget(args, maps.length + failures.length)
  reportFailures(failures, args)
  const baker = openBaker(args, settings)
  try {
    const failed = await eachMap(maps, args, signal, async (file) => {
      const { result, warnings } = await baker.withSources(file, async (sources, options, files) => {
        const { exportDepthMap } = await import('../core/export.js')
        const picture = await pictureCopy(sources.name, files.color)
        const exported = await endable(() => exportDepthMap(sources, parts, { ...options, colorFile: picture?.name, onto }))
        const outputs = picture === null ? exported.files : [...exported.files, picture]
        const read = [files.depth, files.sidecar, files.color].filter((source) => source !== null)
        return { ...exported, outputs, read }
      }, { signal })
      const { outputs, read } = result
      const record = await readExportRecord(out, mapName(file))
      const recorded = record.of(outputs)
      await writeOutputs(out, recorded === null ? outputs : [...outputs, recorded], { sources: read, ours: record.untouched, signal })
      return () => {
        reportWarnings(warnings, args)
        report(file, result, out, args)
      }
    })
    return exitCode(failures.length + failed === 0, signal)
  } finally {
    await baker.close()
  }
}

function report(file: string, { outputs, cleaned }: ExportResult & { outputs: readonly Output[] }, out: string, { flags }: Arguments): void {
  const written = outputs.map(({ name }) => join(out, name))
  if (flags.has('json')) printJson({ file, ok: true, files: written, cleaned })
  else if (!flags.has('quiet')) console.log([`${file} → ${written.join(', ')}`, ...cleaned.map(({ done }) => `  ${done}`)].join('\n'))
}

function chosenParts({ flags }: Arguments): ExportPart[] {
  const known = Object.keys(PARTS) as ExportPart[]
  const only = flags.get('only')
  if (typeof only !== 'string') return known
  if (only === 'none') return []
  return only.split(',').map((typed) => {
    const part = known.find((name) => name === typed)
    if (part === undefined) throw new UsageError(`--only: expected some of ${known.join(', ')}, or none, got ${JSON.stringify(typed)}.`)
    return part
  })
}

/** The mesh of `--bake-onto`. */
async function readTarget({ flags }: Arguments, maps: number): Promise<Uint8Array | undefined> {
  const path = flags.get('bake-onto')
  if (typeof path !== 'string') return undefined
  if (maps > 1) throw new UsageError(`--bake-onto: expected one map, got ${maps}. Export them one by one.`)
  return readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`--bake-onto: expected a GLB, found none that can be read at ${path} (${cause.code ?? cause.message}).`)
  })
}

/** The colour picture under a name by which the exported map finds it. */
async function pictureCopy(name: string, color: string | null): Promise<Output | null> {
  return color === null ? null : { name: `${name}.color${extname(color)}`, bytes: await readFile(color) }
}
