import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Vitest leaves one core to itself: of two, half of the machine.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Browsers and file watchers on a busy machine: what fails is tried once more in CI.
    retry: process.env.CI ? 1 : 0,
  },
})
