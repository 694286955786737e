/**
 * One bake in a process of its own, for what it takes there:
 *
 * node bench/support/bake-once.js <depth.png> <color.png> <settings as JSON>     prints { cpu, memory } as JSON
 *
 * cpu: milliseconds of all threads; memory: the most that the process ever held, MB.
 */
import { readFileSync } from 'node:fs'
import { argv } from 'node:process'
import { bakeDepthMesh } from '../../dist/core/index.js'

const [, , depth, color, settings] = argv
const start = process.cpuUsage()
await bakeDepthMesh({ name: 'map', depth: readFileSync(depth), color: readFileSync(color) }, { settings: JSON.parse(settings) })
const { user, system } = process.cpuUsage(start)
console.log(JSON.stringify({ cpu: (user + system) / 1000, memory: process.resourceUsage().maxRSS / 1024 }))
