/** The value below which a share `q` (0..1) of the counted things lies, as a bin. 0 for an empty histogram. */
export function percentileBin(counts: ArrayLike<number>, q: number): number {
  let total = 0
  for (let bin = 0; bin < counts.length; bin++) total += counts[bin]
  let below = 0
  for (let bin = 0; bin < counts.length; bin++) {
    below += counts[bin]
    if (counts[bin] > 0 && below >= q * total) return bin
  }
  return 0
}

/** The 99th less the 1st percentile of disparities, in thousandths of the scale. */
export function disparityRange(disparity: Float32Array): number {
  const counts = new Uint32Array(1001)
  for (let i = 0; i < disparity.length; i++) {
    const value = disparity[i]
    if (value === value) counts[Math.min(1000, Math.max(0, (value * 1000 + 0.5) | 0))]++
  }
  return (percentileBin(counts, 0.99) - percentileBin(counts, 0.01)) / 1000
}
