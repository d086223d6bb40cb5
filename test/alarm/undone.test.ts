import { describe, expect, test } from 'vitest'
import { minutes } from '../../protocols/contract/time.ts'
import { plant } from '../kit/plant.ts'

const warm = { id: 'warm', kind: 'limit', point: 'p.t', op: 'gt', value: 8 } as const

describe('an acknowledgement that could not be written', () => {
  test('does not swallow that the condition returned in the same breath', async () => {
    const works = await plant([warm])
    await works.reads('p.t', 9)
    await works.passes(minutes(1))
    works.disk.isFull = true

    const refused = works.acknowledges('warm')
    await works.reads('p.t', 5)

    expect(await refused).toEqual({ ok: false, why: 'not-recordable' })
    expect(works.state('warm')).toBe('returned-unacknowledged')
    works.disk.isFull = false
    await works.passes(minutes(1))
    expect(works.disk.entries.at(-1)).toMatchObject({
      kind: 'alarm.cleared',
      data: { alarm: { state: 'returned-unacknowledged' } },
    })
    expect(works.disk.entries.at(-1)?.data['alarm']).not.toHaveProperty('acknowledged')
    expect((await works.killed()).state('warm')).toBe('returned-unacknowledged')
  })

  test('does not swallow that the condition came in the same breath', async () => {
    const works = await plant([{ ...warm, deadband: 2 }])
    await works.reads('p.t', 9)
    await works.passes(minutes(1))
    await works.reads('p.t', 5)
    await works.passes(minutes(1))
    works.disk.isFull = true

    const refused = works.acknowledges('warm')
    await works.reads('p.t', 9)

    expect(await refused).toEqual({ ok: false, why: 'not-recordable' })
    expect(works.state('warm')).toBe('unacknowledged')
  })
})
