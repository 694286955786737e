import { SHAPES } from '../src/core/shape/shapes.js'

/** The shapes as Markdown: a heading, what it is, its pictures, its import. */
export function shapesList(): string {
  return Object.entries(SHAPES)
    .map(([name, { summary }]) => `### ${name}\n\n${summary[0].toUpperCase()}${summary.slice(1)}. \`import ${name} from 'depthmesh:${name}?seed=1'\`\n\n![${name}: seed 1 from the front and from a side, seeds 2 and 3](images/shapes/${name}.webp)`)
    .join('\n\n')
}
