/** Half the window in which an edge is looked at, pixels. */
export const EDGE_RADIUS = 3
/** Disparity within the window that makes an edge, as a share of the map's range: slopes stay below it. */
export const EDGE_STEP = 0.12
