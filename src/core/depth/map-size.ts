import { readExrHeader } from './exr/header.js'
import { probeTiff } from './tiff-probe.js'
import { sniffFormat } from './sniff.js'

/** Where a PNG's header holds its width and height. */
const PNG_SIZE = { width: 16, height: 20 }

/** How many pixels a depth map has, as its header says: nothing is unpacked. 0 where it has none that can be read; such a map is refused as soon as it is decoded. */
export function countPixels(bytes: Uint8Array): number {
  try {
    const { width, height } = sizeOf(bytes)
    return width * height
  } catch {
    return 0
  }
}

function sizeOf(bytes: Uint8Array): { width: number; height: number } {
  const format = sniffFormat(bytes)
  if (format === 'tiff') return probeTiff(bytes, Infinity)
  if (format === 'exr') {
    const sizes = readExrHeader(bytes).parts.map(({ display }) => ({ width: display.right - display.left + 1, height: display.bottom - display.top + 1 }))
    return sizes.reduce((a, b) => (b.width * b.height > a.width * a.height ? b : a))
  }
  // (`probePng` looks at every byte, for its check sums.)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { width: view.getUint32(PNG_SIZE.width), height: view.getUint32(PNG_SIZE.height) }
}
