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
