/**
 * The buffers that can be handed to another thread instead of copied, after which these arrays are empty here: those that hold nothing else.
 * (Node cuts small Buffers out of a pool.)
 */
export function ownBuffers(arrays: readonly ArrayBufferView[]): ArrayBuffer[] {
  return arrays.flatMap(({ buffer, byteLength }) => (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : []))
}
