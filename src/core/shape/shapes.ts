import { arch } from './arch.js'
import { building } from './building.js'
import { cactus } from './cactus.js'
import { cliff } from './cliff.js'
import { crystal } from './crystal.js'
import { hill, mountain } from './hill.js'
import { pillar } from './pillar.js'
import { pine } from './pine.js'
import type { Design } from './relief.js'
import { rock } from './rock.js'
import { tower } from './tower.js'
import { tree } from './tree.js'

/** A shape of the library. */
export interface ShapeKind {
  /** What it is, for lists. */
  summary: string
  /** Draws one of its kind; the same for the same seed. */
  design: (seed: number) => Design
  /** Are its sides closed down to the picture plane? Leaves hang free. */
  closed: boolean
}

/** Every shape by its name, in the order in which lists show them. */
export const SHAPES = {
  rock: { summary: 'a boulder, often with smaller stones at its foot', design: rock, closed: true },
  cliff: { summary: 'a wall of rock in layers, rubble at its foot', design: cliff, closed: true },
  arch: { summary: 'a natural arch of layered rock', design: arch, closed: true },
  hill: { summary: 'a grassy hill with outcrops and shrubs', design: hill, closed: true },
  mountain: { summary: 'a ridge of peaks, some under snow', design: mountain, closed: true },
  tree: { summary: 'a broad-leaved tree', design: tree, closed: false },
  pine: { summary: 'a conifer, some under snow', design: pine, closed: false },
  cactus: { summary: 'a ribbed cactus with arms', design: cactus, closed: true },
  crystal: { summary: 'a cluster of crystals on a stone', design: crystal, closed: true },
  pillar: { summary: 'a fluted column, whole or broken', design: pillar, closed: true },
  tower: { summary: 'a round tower of masonry, with a roof or battlements', design: tower, closed: true },
  building: { summary: 'the front of a town house', design: building, closed: true },
} as const satisfies Record<string, ShapeKind>
