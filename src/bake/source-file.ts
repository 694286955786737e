import { sha256 } from './sha256.js'

/** A map or a picture, as a bake starts from it: its hash names the result, and its bytes matter only where that is not there yet. */
export interface SourceFile {
  /** SHA-256 of its bytes, as 32 bytes. */
  hash(): Promise<Buffer>
  /** @throws SourceChanged when it holds something else than its hash says. */
  bytes(): Promise<Uint8Array>
}

/** A file that was taken for one that had been hashed before holds something else: it has to be read after all. */
export class SourceChanged extends Error {}

/** @param onHash told the hash, as soon as somebody asks for it */
export function readFile(bytes: Uint8Array, onHash: (hash: Buffer) => void = () => undefined): SourceFile {
  let hash: Promise<Buffer> | undefined
  const hashNow = async (): Promise<Buffer> => {
    const found = await sha256(bytes)
    onHash(found)
    return found
  }
  return { hash: () => (hash ??= hashNow()), bytes: () => Promise.resolve(bytes) }
}

/**
 * A file that is not read before its bytes are asked for.
 *
 * @param onChange told when they are others
 */
export function knownFile(hash: Buffer, { read, onChange }: { read: () => Promise<Uint8Array | null>; onChange: () => void }): SourceFile {
  return {
    hash: () => Promise.resolve(hash),
    async bytes() {
      const bytes = await read()
      if (bytes !== null && hash.equals(await sha256(bytes))) return bytes
      onChange()
      throw new SourceChanged()
    },
  }
}
