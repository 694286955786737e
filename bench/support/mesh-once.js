/**
 * One chain of levels of seeded terrain in a process of its own, for what it takes there:
 *
 * node bench/support/mesh-once.js <depthmesh | full-grid> <pixels>   prints { cpu, memory, rms } as JSON
 *
 * cpu: milliseconds of user time; memory: by how many MB the process grew while it meshed; rms: of each level, disparity.
 */
import { argv } from 'node:process'
import { buildLods, errorModel, measureError, parseSettings } from '../../dist/core/index.js'
import { fullGridChain } from './peers.js'
import { terrain } from './scenes.js'

const BUDGETS = [100_000, 25_000, 6_000, 1_500]

const [, , contender, pixels] = argv
const { width, height, disparity, near, far } = terrain(Number(pixels))
const settings = parseSettings([{ origin: 'bench', settings: { projection: 'orthographic', lods: BUDGETS } }])
const map = { width, height, disparity, near, far, relief: settings.relief }
const model = errorModel(map, settings)

const residentBefore = process.memoryUsage().rss
const start = process.cpuUsage()
const levels = contender === 'full-grid' ? await fullGridChain(map, BUDGETS) : await buildLods(map, settings, model)
const cpu = process.cpuUsage(start).user / 1000
const memory = (process.resourceUsage().maxRSS * 1024 - residentBefore) / 2 ** 20
console.log(JSON.stringify({ cpu, memory, rms: levels.map(({ points, triangles }) => measureError(points, triangles, map, model).rmsError) }))
