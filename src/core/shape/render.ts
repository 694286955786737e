import { lightRelief, type LitPicture } from './light.js'
import { meanDepth } from './mean.js'
import { Relief, type Design } from './relief.js'
import { closeRim } from './rim.js'
import { dropSpecks } from './specks.js'

/** Longer side of the look that finds out how large a shape is, pixels. */
const FIRST_LOOK = 128
/** Empty border around it, share of the longer side. */
const MARGIN = 0.012

/** Leaves are in the picture; the surface that wears it is smooth, averaged twice over squares of this half side, share of the longer side. */
const SOFT = 0.005
const softReach = (size: number): number => Math.max(1, Math.round(SOFT * size))

/** A shape as pixels. */
export interface RenderedShape {
  width: number
  height: number
  /** Metres across the picture. */
  across: number
  /** Metres from black to white. */
  relief: number
  /** 16-bit levels, linear in height; 0 where there is nothing. */
  levels: Uint16Array
  picture: LitPicture
}

export interface RenderOptions {
  /** Longer side, pixels. */
  size: number
  /** Light in the picture: for scenes without lights. */
  baked: boolean
  /** Close the sides down to the picture plane. */
  closed: boolean
}

/** Renders a design so that it fills its picture. */
export function renderShape(design: Design, { size, baked, closed }: RenderOptions): RenderedShape {
  const { left, right, bottom, top } = frameOf(design)
  const longer = Math.max(right - left, top - bottom)
  const pixel = longer / size
  const width = Math.max(1, Math.round((right - left) / pixel))
  const height = Math.max(1, Math.round((top - bottom) / pixel))
  const relief = new Relief(width, height, left, top, pixel)
  design.sculpt(relief)
  dropSpecks(relief)
  const picture = lightRelief(relief, design.paint, { baked })
  if (closed) closeRim(relief)
  else relief.z.set(meanDepth({ width, height, z: meanDepth(relief, softReach(size)) }, softReach(size)))
  const deepest = relief.z.reduce((max, z) => Math.max(max, z), 0)
  const levels = new Uint16Array(relief.z.length)
  for (let i = 0; i < levels.length; i++) levels[i] = relief.z[i] === -Infinity ? 0 : Math.max(1, Math.round((relief.z[i] / deepest) * 65_535))
  return { width, height, across: width * pixel, relief: deepest, levels, picture }
}

/** What a design fills, with a border. Metres. */
function frameOf(design: Design): Record<'left' | 'right' | 'bottom' | 'top', number> {
  const { across, tall } = design
  const pixel = Math.max(across, tall) / FIRST_LOOK
  const look = new Relief(Math.ceil(across / pixel), Math.ceil(tall / pixel), -across / 2, tall, pixel)
  design.sculpt(look)
  dropSpecks(look)
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity]
  look.all((x, y, i) => {
    if (look.z[i] === -Infinity) return
    left = Math.min(left, x)
    right = Math.max(right, x)
    bottom = Math.min(bottom, y)
    top = Math.max(top, y)
  })
  const border = pixel + MARGIN * Math.max(right - left, top - bottom)
  return { left: left - border, right: right + border, bottom: bottom - border, top: top + border }
}
