import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { viteVersions } from '../support/project.js'

const versionOf = (name: string): string => (JSON.parse(readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), 'utf8')) as { version: string }).version

it('the plugin is tested on the oldest Vite that is supported, on the newest, and on what lies between', () => {
  expect(viteVersions.map(versionOf)).toEqual([expect.stringMatching(/^6\.3\./), expect.stringMatching(/^7\./), expect.stringMatching(/^8\.0\./), expect.stringMatching(/^8\.(?:[3-9]|\d\d)\./)])
  const { peerDependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { peerDependencies: Record<string, string> }
  expect(peerDependencies.vite).toBe('^6.3 || ^7 || ^8')
})
