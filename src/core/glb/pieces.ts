/** A file that is made piece by piece, each when it is asked for: the whole of it may not fit into memory. */
export type Pieces = () => Iterable<Uint8Array>
