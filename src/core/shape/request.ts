import { DepthMeshError } from '../errors.js'
import { nearestKey, type SettingsInput } from '../options.js'
import { SHAPES, type ShapeKind } from './shapes.js'

/** Longer side of a shape's pictures unless asked for otherwise, and what may be asked for, pixels. */
export const SHAPE_SIZE = { fallback: 1024, least: 32, most: 4096 }

/** Triangle budgets of a shape: a prop, not a backdrop. At 20,000 and 1024 pixels rocks and walls are off by less than a pixel. */
export const SHAPE_LODS: readonly number[] = [20_000, 6_000, 1_500, 400]

/** The settings that say something about a shape. The others are about maps that come from elsewhere. */
export const SHAPE_SETTINGS = ['width', 'relief', 'cut', 'lods', 'topology', 'solid', 'shading', 'texture', 'normalMap', 'compression', 'container', 'variants'] as const satisfies readonly (keyof SettingsInput)[]

export type ShapeName = keyof typeof SHAPES

/** The names of all shapes. */
export const shapeNames = Object.keys(SHAPES) as ShapeName[]

/** Which shape, and how. */
export interface ShapeRequest {
  /** One of {@link shapeNames}. */
  shape: string
  /** A whole number, 0 .. 2³² − 1: another seed, another of its kind. Default: 1. */
  seed?: number | undefined
  /** Longer side of the pictures, pixels. Default: 1024. */
  size?: number | undefined
  /** Some of {@link SHAPE_SETTINGS}. With `width` alone the relief grows alike; with `shading: "lit"` the picture holds colour without light. */
  settings?: SettingsInput | undefined
}

/** A request with nothing left open. */
export interface WholeRequest {
  shape: string
  seed: number
  size: number
  settings: SettingsInput
}

/** @throws DepthMeshError `INPUT_MISSING` for an unknown shape, `SETTINGS_INVALID` for a seed or a size that can't be */
export function checkShapeRequest({ shape, seed = 1, size = SHAPE_SIZE.fallback, settings = {} }: ShapeRequest): WholeRequest {
  findShape(shape)
  checkWhole('seed', seed, 0, 2 ** 32 - 1)
  checkWhole('size', size, SHAPE_SIZE.least, SHAPE_SIZE.most)
  return { shape, seed, size, settings }
}

/** @throws DepthMeshError `INPUT_MISSING`: suggests the nearest. */
export function findShape(name: string): ShapeKind {
  if (Object.hasOwn(SHAPES, name)) return SHAPES[name as ShapeName]
  const near = nearestKey(name, shapeNames)
  throw new DepthMeshError('INPUT_MISSING', `expected a shape, got ${JSON.stringify(name)}`, { hint: near === undefined ? `Shapes: ${shapeNames.join(', ')}.` : `Did you mean ${JSON.stringify(near)}?` })
}

function checkWhole(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new DepthMeshError('SETTINGS_INVALID', `${name}: expected a whole number ${least}..${most}, got ${value}`)
}
