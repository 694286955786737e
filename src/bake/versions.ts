import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SourceHashes } from './source-hashes.js'

/** What made an entry: everything but the inputs that the bytes of a GLB depend on. */
export interface ToolVersions {
  depthmesh: string
  /** SHA-256 of depthmesh's own core, so that a patched copy never meets entries of another. */
  code: string
  sharp: string
  libvips: string
  meshoptimizer: string
  gltfTransform: string
  ktx2Encoder: string
}

const requireHere = createRequire(import.meta.url)
const core = fileURLToPath(new URL('../core', import.meta.url))

let known: Promise<ToolVersions> | undefined

/**
 * The versions of depthmesh and of the tools it bakes with. Read from their package files: loading sharp for it takes 70 ms.
 *
 * @param hashes where what depthmesh's own files hash to may be known: to read them takes 10 ms.
 */
export function toolVersions(hashes?: SourceHashes): Promise<ToolVersions> {
  known ??= readVersions(hashes)
  return known
}

async function readVersions(hashes: SourceHashes | undefined): Promise<ToolVersions> {
  return {
    depthmesh: manifestOf(new URL('../../package.json', import.meta.url)).version,
    code: hashOfCore(hashes),
    sharp: packageOf('sharp').version,
    libvips: await libvipsVersion(),
    meshoptimizer: packageOf('meshoptimizer').version,
    gltfTransform: packageOf('@gltf-transform/core').version,
    ktx2Encoder: packageOf('ktx2-encoder').version,
  }
}

/** sharp brings libvips in packages of its own; where none is installed it uses one of the system, which only sharp itself can name. */
async function libvipsVersion(): Promise<string> {
  const sharp = packageOf('sharp')
  const requireFromSharp = createRequire(join(sharp.folder, 'package.json'))
  // (Asked in vain, each costs a third of a millisecond: those for this machine first.)
  const names = Object.keys(sharp.optionalDependencies ?? {}).sort((a, b) => Number(isForHere(b)) - Number(isForHere(a)))
  for (const name of names) {
    try {
      const { vips } = JSON.parse(readFileSync(requireFromSharp.resolve(`${name}/versions`), 'utf8')) as { vips?: string }
      if (vips !== undefined) return vips
    } catch {
      // Made for another platform.
    }
  }
  const { imageLibraries } = await import('../core/texture/libraries.js')
  return imageLibraries.vips ?? 'unknown'
}

/** `@img/sharp-libvips-linuxmusl-x64` on Linux on x64. */
function isForHere(name: string): boolean {
  return name.includes(`-${process.platform}`) && name.endsWith(`-${process.arch}`)
}

interface PackageManifest {
  version: string
  optionalDependencies?: Record<string, string>
}

/**
 * Not every package exports its package.json: it is read from the folders that Node would look into, which takes a tenth of the time of asking Node what an import gives.
 * Where there are no such folders (Yarn's Plug'n'Play) Node is asked, and the package.json looked for above its answer.
 */
function packageOf(name: string): PackageManifest & { folder: string } {
  for (const modules of requireHere.resolve.paths(name) ?? []) {
    const manifest = manifestIn(join(modules, name), name)
    // (What a link leads to finds its own dependencies.)
    if (manifest !== null) return { ...manifest, folder: realpathSync(join(modules, name)) }
  }
  const entry = fileURLToPath(import.meta.resolve(name))
  for (let folder = dirname(entry); ; folder = dirname(folder)) {
    const manifest = manifestIn(folder, name)
    if (manifest !== null) return { ...manifest, folder }
    if (dirname(folder) === folder) throw new Error(`${name}: no package.json found above ${entry}`)
  }
}

/** The package.json in a folder, if it is this package's. */
function manifestIn(folder: string, name: string): PackageManifest | null {
  try {
    const manifest = manifestOf(join(folder, 'package.json'))
    return manifest.name === name ? manifest : null
  } catch {
    return null
  }
}

function manifestOf(path: string | URL): PackageManifest & { name?: string } {
  return JSON.parse(readFileSync(path, 'utf8')) as PackageManifest & { name?: string }
}

function hashOfCore(hashes: SourceHashes | undefined): string {
  const names = filesBelow(core).filter((name) => /\.(js|ts)$/.test(name) && !name.endsWith('.d.ts')).sort()
  const read = (): Buffer => {
    const hash = createHash('sha256')
    for (const name of names) hash.update(name).update('\0').update(readFileSync(join(core, name)))
    return hash.digest()
  }
  return (hashes?.ofAll(core, names, read) ?? read()).toString('hex')
}

/** (`recursive` of readdirSync takes four times as long.) */
function filesBelow(folder: string, prefix = ''): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name), `${prefix}${entry.name}/`) : [prefix + entry.name]))
}
