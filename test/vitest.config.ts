import { defineConfig } from 'vitest/config'

/** Two workers for two cores; socket tests await events, and this is their one generous bound. */
export default defineConfig({
  test: {
    root: '.',
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    passWithNoTests: false,
  },
})
