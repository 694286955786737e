/**
 * What `work` makes of 0, 1, 2 …, some of them at once.
 *
 * @throws what the first of them throws, and `signal.reason` once that is aborted. No other is begun then; what is under way comes to its end unseen.
 */
export async function inOrder<T>(count: number, work: (index: number) => Promise<T>, { atOnce, signal }: { atOnce: number; signal?: AbortSignal | undefined }): Promise<T[]> {
  const results: T[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    try {
      while (next < count) {
        signal?.throwIfAborted()
        const index = next++
        results[index] = await work(index)
      }
    } catch (error) {
      next = count
      throw error
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  return results
}
