import { expect, test } from 'vitest'
import { isPaper } from '../../dashboard/src/live/plan/paper.ts'

const [white, black, clear, sky] = [
  [255, 255, 255, 255],
  [0, 0, 0, 255],
  [0, 0, 0, 0],
  [210, 225, 255, 255],
]
test.each([
  ['white paper with black lines', [white, white, white, black], true],
  ['lines on nothing', [clear, clear, clear, black], true],
  ['half and half', [white, black], false],
  ['a photograph with a light sky', [sky, sky, sky, black], false],
  ['nothing at all', [], false],
] as const)('%s', (_name, pixels, paper) => {
  expect(isPaper(pixels.flat())).toBe(paper)
})
