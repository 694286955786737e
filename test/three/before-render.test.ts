import { Mesh, type WebGLRenderer } from 'three'
import { expect, it } from 'vitest'
import { lookBeforeRender } from '../../src/three/before-render.js'

const renderer = {} as WebGLRenderer
const draw = (mesh: Mesh): void => (mesh.onBeforeRender as (...frame: unknown[]) => void)(renderer, 'scene', 'camera')

it('looks once a draw, whichever hook a page sets, and however often it puts the one back that was there', () => {
  const mesh = new Mesh()
  const calls: string[] = []
  mesh.onBeforeRender = () => calls.push('first')
  lookBeforeRender(mesh, (drawing) => {
    expect(drawing).toBe(renderer)
    calls.push('look')
  })
  draw(mesh)
  expect(calls.splice(0)).toEqual(['look', 'first'])

  for (let i = 0; i < 1000; i++) {
    const kept = mesh.onBeforeRender
    mesh.onBeforeRender = () => calls.push('for a moment')
    draw(mesh)
    expect(calls.splice(0)).toEqual(['look', 'for a moment'])
    mesh.onBeforeRender = kept
  }
  draw(mesh)
  expect(calls).toEqual(['look', 'first'])
})
