import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { News } from '../../gateway/api/news.ts'
import { Screen } from '../../gateway/api/screen.ts'
import { Views } from '../../gateway/api/views.ts'
import { seconds } from '../../protocols/contract/time.ts'
import { ManualClock, noon, run } from './house.ts'
import type { Running } from './house.ts'

let gateway: Running
beforeEach(async () => {
  gateway = await run()
})
afterEach(() => gateway.close())

/** One browser behind a network that swallows what is sent to it: nothing waits here, and nothing is known of what has arrived. */
function farAway() {
  const wall = new ManualClock(noon)
  const house = Object.create(gateway.house, { wall: { value: wall } }) as typeof gateway.house
  const views = new Views(house)
  const got: string[] = []
  /** What has not left yet; a snapshot is as large as `snapshot` says. */
  const bytes = { waiting: 0, snapshot: 0 }
  const screen = new Screen(house, views, {
    waiting: () => ({ packets: 0, bytes: bytes.waiting }),
    snapshot: ({ seq }) => {
      got.push(`snapshot ${seq}`)
      bytes.waiting += bytes.snapshot
    },
    change: ({ seq }) => got.push(`change ${seq}`),
  })
  const tells = (times = 1): void => {
    for (let i = 0; i < times; i += 1) {
      const news = new News()
      news.clock = true
      screen.tell(news.tell(house, views), { packets: 8, bytes: 1_024, unheard: seconds(8) })
    }
  }
  screen.watch({ points: 'all' })
  tells()
  return { wall, screen, got, tells, bytes }
}

describe('a network that holds back what was sent', () => {
  test('is not given more once the oldest is late, and then the present in one piece', () => {
    const { wall, screen, got, tells } = farAway()
    expect(screen.heard(1)).toBe(true)
    tells(2)
    wall.pass(seconds(9))
    tells(3)
    expect(got).toEqual(['snapshot 1', 'change 2', 'change 3'])
    expect(screen.isBehind).toBe(true)

    // Not before all of it has come out at the other end.
    screen.heard(2)
    tells()
    expect(got).toHaveLength(3)
    screen.heard(3)
    tells(2)
    expect(got.slice(3)).toEqual(['snapshot 4', 'change 5'])
    expect(screen.isBehind).toBe(false)
  })

  test('is told everything as long as it keeps up, however late each word of that comes', () => {
    const { wall, screen, got, tells } = farAway()
    for (let seq = 1; seq < 20; seq += 1) {
      wall.pass(seconds(7))
      screen.heard(seq)
      tells()
    }
    expect(got).toHaveLength(20)
    expect(got.filter(one => one.startsWith('snapshot'))).toEqual(['snapshot 1'])
  })

  test('that never says what has arrived is told everything in order, as it always was', () => {
    const { wall, got, tells } = farAway()
    wall.pass(seconds(60))
    tells(3)
    expect(got).toEqual(['snapshot 1', 'change 2', 'change 3', 'change 4'])
  })

  test.each([undefined, '3', null, { seq: 3 }])('takes %j for no number', raw => {
    expect(farAway().screen.heard(raw)).toBe(false)
  })
})

describe('a picture that is larger than what may wait', () => {
  test('is not taken for a slow reader while it leaves, and what comes behind it counts', () => {
    const { screen, got, tells, bytes } = farAway()
    bytes.snapshot = 5_000
    screen.watch({ points: 'all' })
    tells(3)
    expect(got).toEqual(['snapshot 1', 'snapshot 2', 'change 3', 'change 4'])
    bytes.waiting += 1_024
    tells()
    expect(screen.isBehind).toBe(false)
    bytes.waiting += 1
    tells()
    expect(screen.isBehind).toBe(true)
  })

  test('is forgotten once it has left', () => {
    const { screen, tells, bytes } = farAway()
    bytes.snapshot = 5_000
    screen.watch({ points: 'all' })
    tells()
    bytes.waiting = 0
    tells()
    bytes.waiting = 1_025
    tells()
    expect(screen.isBehind).toBe(true)
  })
})
