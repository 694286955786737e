import type { Settings } from '../options.js'

/** What the materials of all levels have in common: what an engine needs to know to make their shader before a GLB is there. */
export interface DepthMaterial {
  /** Needs light, and wears a normal map over constant normals and tangents; else `KHR_materials_unlit`. */
  lit: boolean
  doubleSided: boolean
}

/** What `shading` means for these layers: `unlit` with a colour picture, else `lit`, unless the settings say. */
export function shadingOf(settings: Pick<Settings, 'shading'>, hasColor: boolean): 'unlit' | 'lit' {
  return settings.shading ?? (hasColor ? 'unlit' : 'lit')
}

/** What all materials of these layers have in common. */
export function materialOf(settings: Pick<Settings, 'shading' | 'projection' | 'solid'>, hasColor: boolean): DepthMaterial {
  // In perspective nobody can stand behind the surface: a back face is seen only through a cut, where the hidden layer should show.
  // A relief is walked around, like a prop on its stage; a solid one has a back of its own.
  return { lit: shadingOf(settings, hasColor) === 'lit', doubleSided: settings.projection === 'orthographic' && !settings.solid }
}
