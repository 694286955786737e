import { expect, it } from 'vitest'
import type { DepthAsset, DepthManifest } from '../../src/core/glb/manifest.js'
import { assetModule } from '../../src/plugin/module.js'

/* States of one map as a page runs their modules one after the other, as Vite has it. */

interface LiveAsset extends DepthAsset {
  hot: { subscribe(listener: (next: DepthAsset) => void): () => void }
}

function page() {
  const data = {}
  const said: string[] = []
  const manifest = (draft: boolean) => ({ name: 'hill', lods: [{ url: 'hill.lod0.glb' }], bounds: null, placeholder: '', camera: null, variants: [], preflight: {}, ...(draft ? { draft } : {}) }) as unknown as DepthManifest
  /** Runs the module of a state, then what accepts it. */
  const run = (key: string, draft = false): LiveAsset => {
    let accept = (): void => undefined
    const hot = { data, accept: (accepted: () => void) => (accept = accepted), send: (_event: string, { listening }: { listening: boolean }) => said.push(listening ? 'listens' : 'listens no more'), invalidate: () => said.push('reload') }
    const code = assetModule(manifest(draft), { urlOf: JSON.stringify, hot: { key, topic: 'hill' } })
    const body = code.replace(/^export default .*$/m, '').replaceAll('export const', 'const').replaceAll('import.meta.hot', 'hot')
    const asset = new Function('hot', `${body}\nreturn asset`)(hot) as LiveAsset
    accept()
    return asset
  }
  return { run, said }
}

it('is reloaded by another state where nobody listens, by none that is as it was, and not by what a draft showed before', () => {
  const { run, said } = page()
  run('one')
  run('one')
  expect(said).toEqual([])
  run('two', true)
  // The edit was undone before the whole was there.
  run('one')
  expect(said).toEqual([])
  run('two', true)
  run('two')
  expect(said).toEqual(['reload'])
})

it('tells who listens of each state once, and nobody who has ceased to by then', async () => {
  const { run, said } = page()
  const heard: string[] = []
  const stop = run('one').hot.subscribe((next) => heard.push(`first ${next.draft ? 'draft' : 'whole'}`))
  const other = run('one').hot.subscribe(() => heard.push('other'))
  other()
  other()
  run('two', true)
  await Promise.resolve()
  run('two')
  await Promise.resolve()
  expect(heard).toEqual(['first draft', 'first whole'])
  run('three')
  stop()
  await Promise.resolve()
  expect(heard).toHaveLength(2)
  expect(said).toEqual(['listens', 'listens no more'])
})
