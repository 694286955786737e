/** `import rock from 'depthmesh:rock?seed=3'` */
export const SHAPE_IMPORT = /^depthmesh:/

/** Marks a module that is no file, by Rollup's convention. */
const VIRTUAL = '\0'

/** The id of the module that an import of a shape gives. */
export const shapeId = (source: string): string => VIRTUAL + source

/** The import that an id stands for; null for other modules. */
export function shapeImportOf(id: string): string | null {
  return id.startsWith(VIRTUAL) && SHAPE_IMPORT.test(id.slice(VIRTUAL.length)) ? id.slice(VIRTUAL.length) : null
}
