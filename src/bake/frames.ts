import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { DefaultDeserializer, DefaultSerializer } from 'node:v8'

/**
 * Values that hold large arrays, through a pipe between two processes. Arrays go as they lie in memory, straight into arrays of their own size: Node's own channel between
 * processes would hold the 60 MB of a large map three times on either side, and keep the thread busy meanwhile.
 *
 * ```
 * sizes: u32 of the head, u32 count of arrays, f64 of each │ head: the value, as v8 writes it, its arrays by number │ the arrays
 * ```
 */
export async function writeFrame(pipe: Writable, value: unknown): Promise<void> {
  const packer = new Packer()
  packer.writeHeader()
  packer.writeValue(value)
  const head = packer.releaseBuffer()
  const sizes = new DataView(new ArrayBuffer(8 + 8 * packer.arrays.length))
  sizes.setUint32(0, head.byteLength)
  sizes.setUint32(4, packer.arrays.length)
  for (const [i, { byteLength }] of packer.arrays.entries()) sizes.setFloat64(8 + 8 * i, byteLength)
  for (const bytes of [sizes, head, ...packer.arrays]) {
    await new Promise<void>((resolve, reject) => {
      pipe.write(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), (error) => (error ? reject(error) : resolve()))
    })
  }
}

/**
 * Reads what {@link writeFrame} wrote.
 *
 * @throws Error when the pipe ends before that.
 */
export async function readFrame(pipe: Readable): Promise<unknown> {
  const counts = viewOf(await readBytes(pipe, 8))
  const sizes = viewOf(await readBytes(pipe, 8 * counts.getUint32(4)))
  const head = await readBytes(pipe, counts.getUint32(0))
  const arrays: Uint8Array<ArrayBuffer>[] = []
  for (let at = 0; at < sizes.byteLength; at += 8) arrays.push(await readBytes(pipe, sizes.getFloat64(at)))
  const unpacker = new Unpacker(head)
  unpacker.arrays = arrays
  unpacker.readHeader()
  return unpacker.readValue()
}

/** Kinds of arrays, by their number in a frame. */
const KINDS = [Uint8Array, Float32Array, Int32Array, Uint32Array] as const

class Packer extends DefaultSerializer {
  readonly arrays: ArrayBufferView[] = []

  /** (Called by v8 for what it can't write itself.) */
  _writeHostObject(array: ArrayBufferView): void {
    // A Buffer is a Uint8Array too.
    const kind = KINDS.findIndex((Kind) => array instanceof Kind)
    if (kind < 0) throw new TypeError(`expected arrays of ${KINDS.map(({ name }) => name).join(', ')}, got ${array.constructor.name}`)
    this.writeUint32(kind)
    this.writeUint32(this.arrays.push(array) - 1)
  }
}

class Unpacker extends DefaultDeserializer {
  arrays: Uint8Array<ArrayBuffer>[] = []

  _readHostObject(): ArrayBufferView {
    const Kind = KINDS[this.readUint32()]
    return new Kind(this.arrays[this.readUint32()].buffer)
  }
}

async function readBytes(pipe: Readable, count: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(count)
  for (let at = 0; at < count; ) {
    const part = pipe.read(Math.min(count - at, Math.max(1, pipe.readableLength))) as Uint8Array | null
    if (part === null) await more(pipe)
    else {
      bytes.set(part, at)
      at += part.length
    }
  }
  return bytes
}

/** Waits for more to read. */
async function more(pipe: Readable): Promise<void> {
  if (pipe.readableEnded || pipe.destroyed) throw new Error('expected more from a pipe, found its end')
  const waiting = new AbortController()
  const { signal } = waiting
  await Promise.race([once(pipe, 'readable', { signal }), once(pipe, 'close', { signal })]).finally(() => waiting.abort())
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}
