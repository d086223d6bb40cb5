import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { WireCycle, WireCycles } from '../../gateway/api/wire-cycles.ts'
import { cycle, noon, passwords, SpecialGround } from './special-ground.ts'

const [minute, hour] = [60_000, 3_600_000]
const day = 24 * hour
let ground: SpecialGround
beforeAll(async () => {
  ground = await SpecialGround.make()
  await ground.reads(cycle('cabinet-1', noon - 2 * day))
  await ground.reads(cycle('cabinet-1', noon - day, { held: 4 }))
  await ground.reads(cycle('cabinet-1', noon - 5 * hour, { opensAt: 98 }))
  await ground.reads(cycle('cabinet-2', noon - 26 * minute, { held: 5, hot: 104, over: false }))
  // What was said of the past is judged once it has come to rest.
  await vi.waitFor(async () => expect((await asked()).items).toHaveLength(3), { timeout: 60_000, interval: 200 })
}, 120_000)
afterAll(() => ground?.remove())

async function asked(query = ''): Promise<WireCycles> {
  return (await ground.send('li', 'GET', `/cycles${query}`)).body
}
const iso = (text: string) => `2026-11-${text}.000+08:00`

describe('the cycles of the cabinets', () => {
  test('say of each run what the readings say by hand: heated 12 min after shutting, hot from the 20th, opened', async () => {
    const { items, next } = await asked()
    expect(next).toBeNull()
    const [early, short, good] = items as [WireCycle, WireCycle, WireCycle]
    expect(good).toMatchObject({
      equipment: 'cabinet-1',
      from: iso('21T12:12:00'),
      verdict: 'passed',
      clause: 'CAN-6',
      needs: { celsius: 120, minutes: 10, safe: 45 },
      held: 12,
      dried: 12,
      peak: 122,
      openedAt: 42,
      cooled: true,
      started: 'proper',
      hot: { from: iso('21T12:20:00'), to: iso('21T12:32:00') },
      person: null,
      notInUse: false,
    })
    // From shutting the door, 12 minutes before it heated, to the opening.
    expect(good.curve[0]).toEqual({ t: iso('21T12:00:00'), v: 25 })
    expect(good.curve.at(-1)?.v).toBe(42)
    expect(short).toMatchObject({ verdict: 'failed', held: 4, hot: { from: iso('22T12:20:00'), to: iso('22T12:24:00') } })
    expect(short.why.zh).toBe('要求 120 °C 以上连续 10 分钟，最长连续 4 分钟，最高 122 °C。')
    expect(early).toMatchObject({ verdict: 'opened-early', clause: 'CAN-8', openedAt: 98, cooled: false, held: 12 })
  })
  test('under way: since when it holds and until when, by what this cabinet needs', async () => {
    const { underWay } = await asked()
    expect(underWay).toHaveLength(1)
    expect(underWay[0]).toMatchObject({
      equipment: 'cabinet-2',
      phase: 'holding',
      from: iso('23T11:46:00'),
      // 25 + 7 × 12 = 109 °C at the 19th minute: the first above 100 °C.
      hotFrom: iso('23T11:53:00'),
      holdsUntil: iso('23T12:08:00'),
      held: 6,
      needs: { celsius: 100, minutes: 15, safe: 45 },
    })
  })
  test('of a month are counted by how they ended, of one cabinet or of all', async () => {
    expect((await asked()).month).toMatchObject({ from: iso('01T00:00:00'), passed: 1, failed: 1, interrupted: 1, unknown: 0 })
    expect((await asked('?equipment=cabinet-2')).month).toMatchObject({ passed: 0, failed: 0, interrupted: 0 })
    expect((await asked('?to=2026-10-31')).month).toMatchObject({ from: '2026-10-01T00:00:00.000+08:00', passed: 0, failed: 0 })
  })
  test('come by days of the site, meant whole, and page by page', async () => {
    expect((await asked('?from=2026-11-22&to=2026-11-22')).items.map(({ verdict }) => verdict)).toEqual(['failed'])
    const first = await asked('?limit=2')
    expect(first.items.map(({ verdict }) => verdict)).toEqual(['opened-early', 'failed'])
    const rest = await asked(`?limit=2&cursor=${first.next ?? ''}`)
    expect(rest.items.map(({ verdict }) => verdict)).toEqual(['passed'])
    expect(rest.next).toBeNull()
  })
  test('name who wrote the disinfection down after it, and whether it is signed', async () => {
    const record = { equipment: 'cabinet-1', fields: { what: '碗筷', method: '热力' } }
    const at = Date.parse(iso('21T13:00:00'))
    const { status } = await ground.send('li', 'POST', '/records/disinfection', { ...record, at, password: passwords.li })
    expect(status).toBe(200)
    const { items } = await asked()
    expect(items.map(({ person }) => person && [person.name, person.signed])).toEqual([null, null, ['李强', true]])
  })
  test.each([
    ['?equipment=gas-1', 404, '没有要判消毒周期的设备'],
    ['?from=yesterday', 400, '看不懂时间'],
    ['?from=2026-11-23&to=2026-11-01', 400, '起始时间晚于结束时间'],
    ['?cursor=%25', 400, '游标无效'],
  ])('refuse %s with what is wrong', async (query, status, said) => {
    const answer = await ground.send('li', 'GET', `/cycles${query}`)
    expect(answer.status).toBe(status)
    expect(answer.text).toContain(said)
  })
  test('are not for who may only look', async () => {
    expect((await ground.send('guest', 'GET', '/cycles')).status).toBe(403)
  })
})
