import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tongueNames } from '../../dashboard/src/words/tongues.ts'
import { openBrowser } from '../kit/browser.ts'
import { isThorough } from '../kit/thorough.ts'
import { journeys } from './journeys.ts'
import type { Journey } from './journeys.ts'
import { everyPair, everyRow } from './pairs.ts'
import { School, themes, widths } from './school.ts'
import type { Glass } from './school.ts'

/**
 * The three people of docs/design.md on the running demo school, in every language, on every glass, by day and by night: each gets what they
 * want with as few touches as promised there, and what they end on is whole. Usually every two of journey, width, language and theme meet
 * once; thoroughly all of them do.
 */
const minute = 60_000
const factors = { journey: journeys, width: widths, tongue: tongueNames, theme: themes } as const
const byPlace = { ...factors, journey: [...journeys.keys()] }
const rows = isThorough ? everyRow(byPlace) : everyPair(byPlace)

let browser: Browser
let school: School
/** After so many failures the school itself is at fault, and nobody waits for the rest. */
const most = 3
let failures = 0

beforeAll(async () => {
  browser = await openBrowser()
  school = await School.open(browser)
}, 4 * minute)

afterAll(async () => {
  await school?.close()
  await browser?.close()
}, minute)

async function walk({ who, taps, deeper, walk: go }: Journey, glass: Glass): Promise<void> {
  const hand = await school.hand(who, glass)
  await go(hand, school)
  const promised = taps + (deeper && hand.isPhone ? 1 : 0)
  expect(hand.taps, 'touches').toBeLessThanOrEqual(promised)
  await hand.settled()
  await hand.whole()
}

describe('what they want', () => {
  test.each(journeys.map((journey, place) => ({ ...journey, place })))('$who: $wants', async ({ place, ...journey }) => {
    for (const { width, tongue, theme } of rows.filter(row => row.journey === place)) {
      if (failures >= most) throw new Error(`given up: ${most} journeys failed before`)
      try {
        await walk(journey, { width, tongue, theme })
      } catch (error) {
        failures += 1
        throw new Error(`at ${width} px, in ${tongue}, ${theme}`, { cause: error })
      }
    }
  })
})
