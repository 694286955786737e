import sharp from 'sharp'

/** Versions of sharp, libvips and the codecs in it. */
export const imageLibraries: Readonly<Record<string, string | undefined>> = sharp.versions

/**
 * One thread a picture. In a pool of workers, which are the parallelism already, libvips' own threads only compete with each other.
 * The setting is shared by the whole process.
 */
export function useOneImageThread(): void {
  sharp.concurrency(1)
}

/** libvips keeps what it made last, in case it is asked for again: a bake never does, and its pictures are large. Shared by the whole process too. */
export function keepNoPictures(): void {
  sharp.cache(false)
}
