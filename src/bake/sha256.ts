import { createHash, webcrypto } from 'node:crypto'

/** From here on a thread of its own is worth a copy of the bytes: a MB takes 1 ms, and the event loop waits for none of it. */
const ON_THE_SPOT = 2 ** 20

/** SHA-256 of bytes, as 32 bytes. Large ones are hashed off this thread, several at once. */
export async function sha256(bytes: Uint8Array): Promise<Buffer> {
  return bytes.length <= ON_THE_SPOT ? createHash('sha256').update(bytes).digest() : Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes))
}
