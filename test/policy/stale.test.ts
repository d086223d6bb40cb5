import { describe, expect, test } from 'vitest'
import { minutes, seconds } from '../../protocols/contract/time.ts'
import { plant } from '../kit/plant.ts'

const silent = { id: 'silent', kind: 'stale', point: 'cold-1.temperature', after: '10m' } as const
const t = silent.point

describe('a stale rule', () => {
  test('raises when nothing good has come for as long as it says, and clears at the next good reading', async () => {
    const works = await plant([silent])
    await works.reads(t, 4)
    await works.passes(minutes(9))
    await works.reads(t, 4)
    await works.passes(minutes(15))
    await works.reads(t, 4)

    expect(works.told).toEqual(['1140s silent raised', '1440s silent cleared'])
  })

  test('is not refreshed by bad readings', async () => {
    const works = await plant([silent])
    await works.reads(t, 4)
    for (let i = 0; i < 20; i += 1) {
      await works.passes(minutes(1))
      await works.loses(t)
    }

    expect(works.told).toEqual(['600s silent raised'])
  })

  test('raises for a point that never spoke', async () => {
    const works = await plant([silent])

    await works.passes(minutes(11))

    expect(works.told).toEqual(['600s silent raised'])
  })

  test('does not blame the equipment for the time the gateway itself was off', async () => {
    const works = await plant([silent])
    await works.reads(t, 4)
    await works.passes(minutes(5))

    const again = await works.killed()
    await again.passes(seconds(599))
    expect(again.told).toEqual([])
    await again.passes(seconds(2))

    expect(again.told).toEqual(['900s silent raised'])
  })
})
