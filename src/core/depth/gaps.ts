// Where a map holds nothing, its disparity is NaN. (Plain loops: `some` and `every` call a function for each pixel, which takes several times as long.)

/** Whether any pixel holds nothing. */
export function hasGaps(disparity: Float32Array): boolean {
  for (let i = 0; i < disparity.length; i++) if (Number.isNaN(disparity[i])) return true
  return false
}

/** Whether no pixel holds anything. */
export function isEmpty(disparity: Float32Array): boolean {
  for (let i = 0; i < disparity.length; i++) if (!Number.isNaN(disparity[i])) return false
  return true
}
