import { describe, expect, it } from 'vitest'
import type { DepthMeshError } from '../../src/core/index.js'
import { parseJson, positionAt, positionOfKey } from '../../src/bake/json.js'

function refusal(text: string): DepthMeshError {
  try {
    parseJson(text, 'hill.depth.json')
  } catch (error) {
    return error as DepthMeshError
  }
  throw new Error(`expected a refusal of ${text}`)
}

describe('JSON of a sidecar', () => {
  it.each([
    ['{}', {}],
    ['  {"a": [1, -2.5e3, true, null, {"b": "\\u00e9\\n"}]}\n', { a: [1, -2500, true, null, { b: 'é\n' }] }],
  ])('reads %j', (text, value) => {
    expect(parseJson(text, 'x')).toEqual(value)
  })

  it.each([
    ['{\n  "near": 1\n  "far": 2\n}', '3:3', 'expected , or }, found "far". Put a comma between two keys.'],
    ['{\n  "near": 1,\n}', '3:1', 'found a comma before }. Remove the last comma.'],
    ['{ near: 1 }', '1:3', 'expected a key or }, found near. Write "near", in double quotes.'],
    ['{ "near" 1 }', '1:10', 'expected : after the key, found 1. Write "key": value.'],
    ['{ "near": }', '1:11', 'expected a value, found }. Put a value here.'],
    ['{ "white": \'far\' }', '1:12', 'expected a value, found a single quote. JSON quotes with ".'],
    ['{ "white": "far\n}', '1:12', 'found a text that is not closed on its line. Close it with ".'],
    ['{ // metres\n "near": 1 }', '1:3', 'expected a key or }, found a comment. JSON has no comments: remove it.'],
    ['{ "near": 1', '1:12', 'expected , or }, found the end of the file. Finish it, or save it again.'],
    ['', '1:1', 'expected an object like { "near": 1 }, found the end of the file. Finish it, or save it again.'],
    ['{ "lods": [100, 50,] }', '1:20', 'found a comma before ]. Remove the last comma.'],
    ['{ "lods": [100 50] }', '1:16', 'expected , or ], found 50. Put a comma between two values.'],
    ['{ "near": 01 }', '1:12', 'expected , or }, found 1. Put a comma between two keys.'],
    ['{} {}', '1:4', 'found more text after the end of the JSON. Remove it.'],
    ['{ "near": NaN }', '1:11', 'expected a value, found NaN. Write "NaN", in double quotes.'],
    ['{ "near": 1 ½ }', '1:13', 'expected , or }, found ½. Remove it.'],
    ['{\n<<<<<<< HEAD\n  "near": 2\n=======\n  "near": 3\n>>>>>>> night\n}', '2:1', 'found a merge conflict. Keep one of its sides, and remove the lines with <<<<<<<, ======= and >>>>>>>.'],
    ['version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 120\n', '1:1', 'expected settings, found a Git LFS pointer, not the file it stands for. Run "git lfs pull" to fetch it.'],
  ])('says where %j goes wrong and what to do', (text, place, message) => {
    expect(() => JSON.parse(text) as unknown).toThrow()
    expect(String(refusal(text))).toBe(`hill.depth.json:${place}: ${message}`)
    expect(refusal(text).code).toBe('SETTINGS_UNREADABLE')
  })

  it('shows the lines around the mistake', () => {
    expect(refusal('{\r\n  "near": 1,\r\n  "far" 2,\r\n  "fovY": 60\r\n}').position?.frame).toBe(['1 | {', '2 |   "near": 1,', '3 |   "far" 2,', '  |         ^', '4 |   "fovY": 60', '5 | }'].join('\n'))
  })

  it('finds the place of a key by its path', () => {
    const text = '{\n  "size": 1,\n  "texture": {\n    "size": 0\n  }\n}'
    expect(positionOfKey(text, 'texture.size')).toMatchObject({ line: 4, column: 5 })
    expect(positionOfKey(text, 'texture.quality')).toBeUndefined()
    expect(positionAt('abc', 0)).toMatchObject({ line: 1, column: 1 })
  })
})
