import { describe, expect, it } from 'vitest'
// @ts-expect-error a script in plain JavaScript
import { corpusFiles, fuzz, MAX_PIXELS, soundFiles } from '../../../scripts/fuzz.js'
import { decodeDepth } from '../../../src/core/index.js'
import { describeWithShared } from '../../support/shared.js'

const decode = (bytes: Uint8Array) => decodeDepth(bytes, { channel: null, encoding: 'metric', maxPixels: MAX_PIXELS as number })

interface Outcome {
  runs: number
  refused: number
  same: number
  other: string[]
  wrong: string[]
}

/** `node scripts/fuzz.js 400` is the long form. */
const damage = (file: Uint8Array, rounds: number, cuts = 64) => (fuzz as (...args: unknown[]) => Promise<Outcome>)(decode, file, { rounds, cuts })

describe('a file that is cut off or changed, anywhere', async () => {
  const sound = Object.entries((await (soundFiles as () => Promise<Record<string, Uint8Array>>)()))
  it.each(sound)('gives an error or samples of the right shape, soon: %s', async (name, file) => {
    const outcome = await damage(file, 200)
    expect(outcome.wrong).toEqual([])
    expect(outcome.runs).toBe(263)
    // A PNG has a check sum over each of its bytes, Deflate over all that it unpacks to; what remains of a TIFF is a tag that says something else.
    if (name.startsWith('PNG')) expect(outcome).toMatchObject({ refused: outcome.runs, other: [] })
    if (name.includes('Deflate')) expect(outcome.other.length).toBeLessThanOrEqual(2)
  })
})

describeWithShared('the sound files of the corpus, cut off or changed anywhere', () => {
  it('give an error or samples of the right shape', async () => {
    for (const { name, bytes } of corpusFiles() as { name: string; bytes: Uint8Array }[]) {
      const { wrong, other } = await damage(bytes, 8, 8)
      expect(wrong, name).toEqual([])
      if (name.endsWith('.png')) expect(other, name).toEqual([])
    }
  })
})
