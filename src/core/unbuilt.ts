import { DepthMeshError } from './errors.js'
import type { Settings } from './options.js'

/** What the settings can say and no stage does yet. Refused, so that no setting is silently without effect; the README lists it from here. */
export const UNBUILT: readonly { setting: string; isAsked: (settings: Settings) => boolean; instead: string }[] = [
  { setting: '"solid": true', isAsked: ({ solid }) => solid, instead: 'Close the mesh in a modelling tool: depthmesh export hands it over.' },
]

/** @throws DepthMeshError `SETTINGS_INVALID` where a setting asks for what is not built. */
export function refuseUnbuilt(settings: Settings): void {
  for (const { setting, isAsked, instead } of UNBUILT) {
    if (isAsked(settings)) throw new DepthMeshError('SETTINGS_INVALID', `${setting} is not built yet`, { hint: instead })
  }
}
