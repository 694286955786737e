import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { watchFiles, type FileNews } from '../../src/bake/watch-files.js'
import { temporaryFolder } from '../support/folder.js'

function watching(folder: string, names: readonly string[]): () => Promise<string[]> {
  const news: string[] = []
  const watch = watchFiles((what: FileNews, file) => news.push(`${what} ${file.slice(folder.length + 1)}`))
  watch.add(names.map((name) => join(folder, name)))
  onTestFinished(() => watch.close())
  // What came since the last question, and nothing for a while.
  return async () => {
    for (let count = -1; count !== news.length; ) {
      count = news.length
      await new Promise((resolve) => setTimeout(resolve, 150))
    }
    return news.splice(0)
  }
}

it('tells of files that come, change, are replaced and go, and of no others', async () => {
  const folder = temporaryFolder({ 'hill.png': 'one' })
  const news = watching(folder, ['hill.png', 'hill.depth.json'])
  writeFileSync(join(folder, 'hill.png'), 'another')
  writeFileSync(join(folder, 'notes.txt'), '')
  expect(new Set(await news())).toEqual(new Set(['change hill.png']))
  writeFileSync(join(folder, 'hill.depth.json'), '{}')
  expect((await news())[0]).toBe('add hill.depth.json')
  rmSync(join(folder, 'hill.png'))
  expect(await news()).toEqual(['unlink hill.png'])
  writeFileSync(join(folder, 'new.tmp'), 'new')
  renameSync(join(folder, 'new.tmp'), join(folder, 'hill.png'))
  expect(await news()).toEqual(['add hill.png'])
})

it('waits for folders that are not there yet', async () => {
  const folder = temporaryFolder({ 'readme.txt': '' })
  const news = watching(folder, ['photos/old/hill.png'])
  mkdirSync(join(folder, 'photos'))
  expect(await news()).toEqual([])
  mkdirSync(join(folder, 'photos/old'))
  expect(await news()).toEqual([])
  writeFileSync(join(folder, 'photos/old/hill.png'), 'hill')
  expect((await news())[0]).toBe('add photos/old/hill.png')
  rmSync(join(folder, 'photos'), { recursive: true })
  expect(await news()).toEqual(['unlink photos/old/hill.png'])
  mkdirSync(join(folder, 'photos/old'), { recursive: true })
  writeFileSync(join(folder, 'photos/old/hill.png'), 'hill again')
  expect((await news())[0]).toBe('add photos/old/hill.png')
})

it('says nothing once it is closed, however often it was told of the same files', async () => {
  const folder = temporaryFolder({ 'hill.png': 'one', 'art/lake.png': 'one' })
  const news: string[] = []
  const watch = watchFiles((what, file) => news.push(`${what} ${file}`))
  const files = ['hill.png', 'art/lake.png'].map((name) => join(folder, name))
  expect([watch.add(files), watch.add(files), watch.add([...files, join(folder, 'hill.depth.json')])]).toEqual([true, false, true])
  watch.close()
  for (const file of files) writeFileSync(file, 'another')
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(news).toEqual([])
})
