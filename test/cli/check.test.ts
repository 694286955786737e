import { existsSync } from 'node:fs'
import { copyFile, link, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { preflightCounts, preflightList } from '../../src/cli/preflight-list.js'
import type { PreflightReport } from '../../src/core/index.js'
import { gray16 } from '../support/maps.js'
import { jsonLines, runCli } from './run-cli.js'

let folder: string
const run = (...args: string[]) => runCli(args, folder)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'depthmesh-check-'))
  const map = await gray16(96, 64, (x, y) => 0.05 + (0.9 * (y * 96 + x)) / (96 * 64))
  await writeFile(join(folder, 'ramp.depth.png'), map)
  await writeFile(join(folder, 'torn.depth.png'), map.subarray(0, map.length / 2))
})

afterAll(() => rm(folder, { recursive: true }))

describe('a folder', () => {
  it('is searched for maps whose extension is in capitals, too', async () => {
    const loud = join(folder, 'loud')
    await mkdir(loud)
    await copyFile(join(folder, 'ramp.depth.png'), join(loud, 'RAMP.depth.PNG'))
    expect((await run('check', 'loud')).stdout).toContain('RAMP.depth.PNG: ')
    await rm(loud, { recursive: true })
  })

  it('is searched for raw heights, which are no maps', async () => {
    const raw = join(folder, 'raw')
    await mkdir(raw)
    await writeFile(join(raw, 'hill.depth.r16'), new Uint8Array(2 * 129 * 129).fill(7))
    const { code, stderr } = await run('check', 'raw')
    expect(stderr).toContain('found no format, but as many bytes as 129 × 129 raw 16-bit levels have')
    expect(code).toBe(1)
    await rm(raw, { recursive: true })
  })
})

describe('depthmesh check', () => {
  it('reports on every map and writes nothing', async () => {
    const before = await readdir(folder)
    const { code, stdout } = await run('check', 'ramp.depth.png')
    expect(stdout).toMatch(/^ramp\.depth\.png: 96 × 64, 16-bit, [\d,]+ levels\n/)
    expect(code).toBe(0)
    expect(await readdir(folder)).toEqual(before)
  })

  it('names the broken map, reports on the others and ends with 1', async () => {
    const { code, stdout, stderr } = await run('check', '*.depth.png')
    expect(code).toBe(1)
    expect(stdout).toContain('ramp.depth.png: 96 × 64')
    expect(stderr).toMatch(/^error: torn\.depth\.png: expected .+/)
  })

  it('gives programs one JSON object a map', async () => {
    const lines = jsonLines<{ file: string; ok: boolean; report?: PreflightReport; error?: { code: string } }>(await run('check', '.', '--json'))
    expect(lines).toHaveLength(2)
    expect(lines.find(({ ok }) => ok)).toMatchObject({ file: 'ramp.depth.png', report: { width: 96, height: 64, bitDepth: 16, checks: expect.any(Array) } })
    expect(lines.find(({ ok }) => !ok)).toMatchObject({ file: 'torn.depth.png', error: { code: 'INPUT_UNREADABLE' } })
  })
})

describe('a depth map as JPEG', () => {
  const refused = 'found a JPEG picture. Export the depth map again as a 16-bit gray PNG: JPEG keeps 8 bits and blurs silhouettes. If this copy is all there is, "npx sharp-cli -i x.jpg -o x.depth.png greyscale" makes a PNG of it.\n'
  let jpegs: string

  beforeAll(async () => {
    jpegs = join(folder, 'jpegs')
    await mkdir(jpegs)
    const jpeg = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#888' } }).jpeg().toBuffer()
    for (const name of ['flowers.depth.jpg', 'flowers.jpg', 'renamed.depth.png', 'ramp.depth.jpeg']) await writeFile(join(jpegs, name), jpeg)
    await copyFile(join(folder, 'ramp.depth.png'), join(jpegs, 'ramp.depth.png'))
  })

  it.each(['flowers.depth.jpg', 'flowers.jpg', 'renamed.depth.png', '*.depth.jpg'])('gets the same answer when it is named as %s', async (pattern) => {
    const { code, stderr } = await runCli(['check', pattern], jpegs)
    expect(code).toBe(1)
    expect(stderr).toBe(`error: ${pattern.replace('*', 'flowers')}: expected a PNG, TIFF or EXR, ${refused}`)
  })

  it('is found below a folder, unless a map of the same name is there', async () => {
    const { code, stdout, stderr } = await runCli(['check', 'jpegs'], folder)
    expect(code).toBe(1)
    expect(stdout).toMatch(/^jpegs\/ramp\.depth\.png: 96 × 64/)
    expect(stderr.split('\n').map((line) => line.split(': ')[1])).toEqual(['jpegs/flowers.depth.jpg', 'jpegs/renamed.depth.png', undefined])
    await rm(jpegs, { recursive: true })
  })
})

describe('depthmesh check --picture', () => {
  it('draws one map', async () => {
    const { code, stdout } = await run('check', 'ramp.depth.png', '--picture', 'drawn/ramp.png')
    expect(code).toBe(0)
    expect(stdout).toMatch(/\nramp\.depth\.png → drawn\/ramp\.png\n$/)
    expect(jsonLines(await run('check', 'ramp.depth.png', '--picture', 'drawn/ramp.png', '--json'))).toMatchObject([{ file: 'ramp.depth.png', ok: true, picture: 'drawn/ramp.png' }])
    expect(await sharp(join(folder, 'drawn/ramp.png')).metadata()).toMatchObject({ format: 'png', width: 96, height: 64 })
  })

  it('draws PNGs alone, and says so before it looks at the map', async () => {
    expect(await run('check', 'torn.depth.png', '--picture', 'drawn/ramp.jpg')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'depthmesh: --picture: expected a file that ends in .png, got "drawn/ramp.jpg". What is drawn is a PNG: try "drawn/ramp.png".\n',
    })
  })

  it.each(['ramp.depth.png', 'ramp.color.png', 'link.png', 'other.depth.png'])('never writes over a source (%s)', async (source) => {
    await copyFile(join(folder, 'ramp.depth.png'), join(folder, 'ramp.color.png'))
    await copyFile(join(folder, 'ramp.depth.png'), join(folder, 'other.depth.png'))
    await link(join(folder, 'ramp.depth.png'), join(folder, 'link.png'))
    const before = await readFile(join(folder, source))
    const { code, stderr } = await run('check', 'ramp.depth.png', '--picture', source)
    expect({ code, stderr }).toEqual({ code: 1, stderr: `error: ${source}: expected a file of its own, found a source. Name another folder or file, or move this one away: sources are never written to.\n` })
    expect(await readFile(join(folder, source))).toEqual(before)
    for (const name of ['ramp.color.png', 'other.depth.png', 'link.png']) await rm(join(folder, name))
  })

  it.each([
    ['beside it', 'art/wall.depth.json', 'paint.png', 'art/paint.png', false],
    ['above it', 'wall.depth.json', 'art/paint.png', 'art/paint.png', false],
    ['elsewhere in the package', 'maps/wall.depth.json', '../art/paint.png', 'art/paint.png', true],
    ['under another name of it', 'wall.depth.json', 'paint.png', 'art/paint.png', true],
  ])('never writes over a colour picture that only the sidecar of another map names, %s', async (_where, sidecar, color, picture, isPackage) => {
    const project = join(folder, 'project')
    for (const name of ['art', 'maps']) await mkdir(join(project, name), { recursive: true })
    await writeFile(join(project, picture), 'paint')
    await link(join(project, picture), join(project, 'paint.png'))
    await writeFile(join(project, sidecar), JSON.stringify({ color }))
    await writeFile(join(project, 'art/half.depth.json'), '{ "color": ')
    if (isPackage) await writeFile(join(project, 'package.json'), '{}')
    const { code, stderr } = await run('check', 'ramp.depth.png', '--picture', join('project', picture))
    expect({ code, stderr }).toEqual({ code: 1, stderr: `error: ${join('project', picture)}: expected a file of its own, found a source. Name another folder or file, or move this one away: sources are never written to.\n` })
    expect(await readFile(join(project, picture), 'utf8')).toBe('paint')
    await rm(join(project, sidecar))
    expect((await run('check', 'ramp.depth.png', '--picture', join('project', picture))).code).toBe(0)
    await rm(project, { recursive: true })
  })

  it('never becomes the colour picture of the map that it drew', async () => {
    const { code, stderr } = await run('check', 'ramp.depth.png', '--picture', 'ramp.png')
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'error: ramp.png: expected a place where it belongs to no map that is there already, found ramp.depth.png. Name another folder or file: sources are left as they are.\n' })
    expect(existsSync(join(folder, 'ramp.png'))).toBe(false)
  })

  it('refuses to draw several', async () => {
    expect(await run('check', '.', '--picture', 'drawn/all.png')).toMatchObject({ code: 2, stderr: 'depthmesh: --picture: expected one map, got 2. Check them one by one.\n' })
  })
})

describe('the pre-flight list', () => {
  const report: PreflightReport = {
    width: 640,
    height: 480,
    bitDepth: 16,
    levels: 1234,
    checks: [
      { id: 'holes', severity: 'warning', value: 0.2, found: '20 % of the map is pure black', why: 'Sensors write black where they saw nothing.', advice: 'Let it be filled in.', settings: { black: 'hole' } },
      { id: 'banded', severity: 'info', value: 0.6, found: 'terraces', why: 'They show as steps.', advice: 'Export 16 bits.' },
    ],
  }

  it('says what was found, why it matters, what to do and which settings would mend it', () => {
    expect(preflightList('room.depth.png', report)).toBe(
      [
        'room.depth.png: 640 × 480, 16-bit, 1,234 levels',
        '  suspicious: 20 % of the map is pure black (holes)',
        '    Sensors write black where they saw nothing.',
        '    Let it be filled in.',
        '    settings: {"black":"hole"}',
        '  note: terraces (banded)',
        '    They show as steps.',
        '    Export 16 bits.',
      ].join('\n'),
    )
  })

  it('says so when there is nothing to say', () => {
    expect(preflightList('room.depth.exr', { ...report, bitDepth: 32, checks: [] })).toBe('room.depth.exr: 640 × 480, 32-bit float, 1,234 levels\n  nothing to complain about')
  })

  it('counts by severity', () => {
    expect(preflightCounts(report.checks)).toBe('1 suspicious, 1 note')
    expect(preflightCounts([])).toBe('')
    expect(preflightCounts([report.checks[0], ...report.checks, report.checks[1]])).toBe('2 suspicious, 2 notes')
  })
})
