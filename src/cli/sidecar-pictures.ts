import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { glob } from 'tinyglobby'
import { nearestPackage } from '../bake/cache.js'
import { IGNORED } from './find-maps.js'

const SIDECAR = /\.depth\.json$/

/** The colour pictures that maps name which may name one in this folder, by `color` in their sidecars: those of its package, without one those in the folder and in the ones around it. */
export async function sidecarPictures(folder: string): Promise<string[]> {
  const root = nearestPackage(folder)
  const sidecars = root === null ? await sidecarsAround(resolve(folder)) : await glob('**/*.depth.json', { cwd: root, absolute: true, dot: true, ignore: IGNORED })
  const pictures = await Promise.all(sidecars.map(pictureOf))
  return pictures.filter((picture) => picture !== null)
}

async function sidecarsAround(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  const here = names.filter((name) => SIDECAR.test(name)).map((name) => join(folder, name))
  return dirname(folder) === folder ? here : [...here, ...(await sidecarsAround(dirname(folder)))]
}

/** The picture that a sidecar names. One that can't be read names none. */
async function pictureOf(sidecar: string): Promise<string | null> {
  try {
    const { color } = JSON.parse((await readFile(sidecar, 'utf8')).replace(/^\uFEFF/, '')) as { color?: unknown }
    return typeof color === 'string' ? resolve(dirname(sidecar), color) : null
  } catch {
    return null
  }
}
