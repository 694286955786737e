import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../support/folder.js'
import { gray16, rgb8 } from '../support/maps.js'

const core = new URL('../../dist/core/index.js', import.meta.url)

/** Bakes the same sources under some settings and prints what came out: each file's name and digest. */
const script = `
  import { createHash } from 'node:crypto'
  import { readFileSync } from 'node:fs'
  import { createRequire } from 'node:module'
  import { bakeDepthMesh } from ${JSON.stringify(core.href)}
  // (Under glibc sharp asks for one thread by itself, whatever VIPS_CONCURRENCY says.)
  createRequire(${JSON.stringify(core.href)})('sharp').concurrency(Number(process.env.VIPS_CONCURRENCY))
  const [depth, color] = process.argv.slice(2).map((file) => readFileSync(file))
  const lods = [4000, 800, 100]
  const digests = []
  for (const settings of [
    { travel: 0.2 },
    { texture: { format: 'ktx2', size: 64 }, normalMap: { size: 64 }, shading: 'lit' },
    { texture: { format: 'jpeg' }, compression: 'khr_meshopt', container: 'msft_lod' },
    { projection: 'orthographic', compression: 'quantize', variants: 1, texture: { format: 'png' } },
    { shading: 'lit', texture: { format: 'avif' } }, // (the last: from here on there is one thread)
  ]) {
    const { manifest, files } = await bakeDepthMesh({ name: 'x', depth, color }, { settings: { lods, ...settings } })
    for (const { name, bytes } of [...files, { name: 'manifest', bytes: JSON.stringify(manifest) }]) digests.push(name + ' ' + createHash('sha256').update(bytes).digest('hex'))
  }
  process.stdout.write(JSON.stringify(digests))
`

it('the same input gives the same bytes in other processes, with one thread and with four', async () => {
  // Waves with a jump, so that there are cuts and a hidden layer, and colours that are not smooth.
  const depth = await gray16(160, 120, (x, y) => 0.4 + 0.2 * Math.sin(x / 11) * Math.cos(y / 7) + (Math.hypot(x - 80, y - 60) < 30 ? 0.3 : 0))
  const color = await rgb8(160, 120, (x, y) => [(x * 7 + y * 13) % 256, (x * y) % 256, (x * 3) % 256])
  const cwd = temporaryFolder({ 'x.depth.png': depth, 'x.png': color, 'bake.mjs': script })
  const baked = async (threads: number): Promise<string[]> => {
    const env = { ...process.env, UV_THREADPOOL_SIZE: `${threads}`, VIPS_CONCURRENCY: `${threads}` }
    const { stdout } = await promisify(execFile)(process.execPath, ['bake.mjs', 'x.depth.png', 'x.png'], { env, cwd })
    return JSON.parse(stdout) as string[]
  }
  const alone = await baked(1)
  // 3 levels thrice, then all in one, then those of the map and of its variation, which may share pictures; five manifests.
  expect(alone.length).toBeGreaterThanOrEqual(3 * 3 + 1 + 6 + 5)
  expect(await baked(4)).toEqual(alone)
})
