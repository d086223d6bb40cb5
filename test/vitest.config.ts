import { defineConfig } from 'vitest/config'

/** What talks over real wires with time-outs of tens of milliseconds, or in a real browser. Nothing that proves that nothing is lost. */
const wired = ['browser', 'commission-ui', 'dashboard', 'journeys', 'outlets', 'protocols', 'special'].map(
  part => `test/${part}/**/*.test.ts`,
)

/**
 * Four workers for two cores, because many tests wait for sockets. Socket tests await events; the bounds are for a machine that gives its
 * cores to others for minutes, so that only what never comes runs into them.
 *
 * A wire that was not looked at for a tenth of a second looks dead, and rightly so: such a test may try twice more, and `npm test` names
 * those that did. One that needs it on a quiet machine is a fault.
 */
export default defineConfig({
  test: {
    root: '.',
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: 4,
    passWithNoTests: false,
    setupFiles: process.env['ZHISHOU_SEED'] === undefined ? [] : ['test/kit/seed.ts'],
    projects: [
      { extends: true, test: { name: 'wired', include: wired, retry: 2 } },
      { extends: true, test: { name: 'plain', include: ['test/**/*.test.ts'], exclude: wired } },
    ],
  },
})
