import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { WireRound, WireVisits } from '../../gateway/api/wire-rounds.ts'
import { readCode as gatewayReads } from '../../gateway/rounds/route.ts'
import { codeIn, markOf, newId, readCode } from '../../dashboard/src/live/rounds/code.ts'
import type { KeptVisit } from '../../dashboard/src/live/rounds/kept-book.ts'
import { sendWaiting } from '../../dashboard/src/live/rounds/send.ts'
import { standingOf } from '../../dashboard/src/live/rounds/standing.ts'

const now = Date.UTC(2026, 8, 1, 15)
const visit = (id: string, more: Partial<KeptVisit> = {}): KeptVisit => ({
  id,
  code: '7F3K9QPM',
  at: now - 60_000,
  by: 'li',
  byName: '李强',
  failed: [],
  verdict: 'passed',
  note: '',
  offline: false,
  holdUntil: 0,
  state: 'waiting',
  ...more,
})

/** The book as it stands in memory; the real one is tested in a real browser. */
class PaperBook {
  readonly pages = new Map<string, KeptVisit>()
  constructor(...visits: readonly KeptVisit[]) {
    for (const one of visits) this.pages.set(one.id, one)
  }
  async visits(): Promise<readonly KeptVisit[]> {
    return [...this.pages.values()].toSorted((a, b) => b.at - a.at)
  }
  async change(id: string, change: (one: KeptVisit) => KeptVisit | undefined): Promise<KeptVisit | undefined> {
    const before = this.pages.get(id)
    const after = before && change(before)
    if (after) this.pages.set(id, after)
    return after ?? before
  }
}

/** A gateway that answers by what is asked; `asked` is what it was sent. */
function gateway(answer: (body: WireVisits) => Response | Error) {
  const asked: WireVisits[] = []
  const ask = (async (_url: unknown, init: { body: string }) => {
    const body = JSON.parse(init.body) as WireVisits
    asked.push(body)
    const said = answer(body)
    if (said instanceof Error) throw said
    return said
  }) as unknown as typeof fetch
  return { asked, ask }
}
const takes = (body: WireVisits): Response =>
  Response.json({ items: body.visits.map(({ id }) => ({ id, outcome: 'taken', round: 'r', checkPoint: 'gate', at: '' })) })

describe('a code on the phone', () => {
  test('is read exactly as the gateway reads it', () => {
    const letters = fc.string({
      unit: fc.constantFrom(...'0123456789abcdefghijklmnopqrstuvwxyzOILU -_.·–—／大Ｆ９'),
      maxLength: 20,
    })
    fc.assert(
      fc.property(fc.oneof(letters, fc.string({ maxLength: 20 })), text => {
        expect(readCode(text)).toBe(gatewayReads(text))
      }),
    )
  })

  test.each([
    ['https://zhishou.example.org/c/7F3K-9QPM', '7F3K9QPM'],
    ['http://10.0.0.9:8080/c/7f3k-9qpm/?from=nfc', '7F3K9QPM'],
    ['/c/7F3K%209QPM', '7F3K9QPM'],
    ['/c/7F3K%ZZ9QPM', undefined],
    ['7F3K 9QPM', '7F3K9QPM'],
    ['https://example.org/menu', undefined],
  ])('is found in "%s"', (text, code) => {
    expect(codeIn(text)).toBe(code)
  })

  test('is known by the same hash as the gateway gives, and every visit by a UUID of its own', async () => {
    expect(await markOf('7F3K9QPM')).toBe(createHash('sha256').update('7F3K9QPM').digest('hex'))
    const ids = Array.from({ length: 1_000 }, newId)
    expect(new Set(ids).size).toBe(1_000)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })
})

describe('sending', () => {
  const clock = () => now

  test('takes the oldest first, fifty at a time, and files what was taken', async () => {
    const book = new PaperBook(...Array.from({ length: 120 }, (_, index) => visit(`v${index}`, { at: now - index * 1_000 })))
    const { asked, ask } = gateway(takes)
    expect(await sendWaiting(book, clock, ask)).toBe('delivered')
    expect(asked.map(({ visits, sentAt, by }) => [visits.length, sentAt, by])).toEqual([
      [50, now, 'li'],
      [50, now, 'li'],
      [20, now, 'li'],
    ])
    expect(asked[0]?.visits[0]?.id).toBe('v119')
    expect([...book.pages.values()].every(({ state, deliveredAt }) => state === 'delivered' && deliveredAt === now)).toBe(true)
    expect(await sendWaiting(book, clock, ask)).toBe('nothing')
  })

  test('leaves what is held, what has no name, and what was refused before', async () => {
    const book = new PaperBook(
      visit('held', { holdUntil: now + 1 }),
      visit('nameless', { by: null }),
      visit('no', { state: 'refused' }),
    )
    const { asked, ask } = gateway(takes)
    expect(await sendWaiting(book, clock, ask)).toBe('nothing')
    expect(asked).toEqual([])
  })

  test('keeps everything whatever goes wrong, and says what', async () => {
    const ways = [
      [new Error('no route'), 'offline'],
      [new Response('', { status: 502 }), 'offline'],
      [new Response('', { status: 401 }), 'signed-out'],
      [new Response('', { status: 403 }), 'forbidden'],
      [new Response('', { status: 409 }), 'other-account'],
      [new Response('', { status: 503 }), 'trouble'],
      [new Response('', { status: 400 }), 'trouble'],
      [new Response('<html>', { status: 200 }), 'trouble'],
    ] as const
    for (const [answer, end] of ways) {
      const book = new PaperBook(visit('a'))
      expect(await sendWaiting(book, clock, gateway(() => answer).ask)).toBe(end)
      expect(book.pages.get('a')).toMatchObject({ state: 'waiting', offline: answer instanceof Error })
    }
  })

  test('delivers what one person made though another is not signed in', async () => {
    const book = new PaperBook(visit('a', { by: 'wang' }), visit('b', { at: now }))
    const { ask } = gateway(body => (body.by === 'li' ? takes(body) : new Response('', { status: 409 })))
    expect(await sendWaiting(book, clock, ask)).toBe('delivered')
    expect([...book.pages.values()].map(({ state }) => state)).toEqual(['waiting', 'delivered'])
  })

  test('keeps a refused one with why', async () => {
    const why = { zh: '旧标签', en: 'old label' }
    const book = new PaperBook(visit('a'))
    const { ask } = gateway(() => Response.json({ items: [{ id: 'a', outcome: 'refused', why: 'wrong-code', say: why }] }))
    await sendWaiting(book, clock, ask)
    expect(book.pages.get('a')).toMatchObject({ state: 'refused', why })
  })
})

describe('how far a round has been walked', () => {
  const say = { zh: '', en: '' }
  const round = {
    id: 'r',
    within: 3_600_000,
    ordered: false,
    checkPoints: ['gate', 'hall', 'store'].map(id => ({ id, name: say, checks: [] })),
    due: [],
  } as unknown as WireRound
  const passed = {
    at: new Date(now - 600_000).toISOString(),
    by: 'wang',
    verdict: 'failed',
    failed: [],
    note: '',
    offline: false,
  }
  const underWay = {
    until: new Date(now + 60_000).toISOString(),
    passed: [{ ...passed, checkPoint: 'gate', receivedAt: passed.at }],
  }

  test('is what the gateway said and what still waits on this phone', () => {
    const walked = { ...round, underWay } as WireRound
    const standing = standingOf(walked, [visit('a', { round: 'r', checkPoint: 'store' })], now, now)
    expect([...standing.passed]).toEqual([
      ['gate', { at: now - 600_000, wrong: true, waiting: false }],
      ['store', { at: now - 60_000, wrong: false, waiting: true }],
    ])
    expect(standing).toMatchObject({ done: 2, next: 'hall', until: now + 60_000 })
  })

  test('forgets what is over: a round whose time is up, visits that were delivered or are too old', () => {
    const late = { ...round, underWay } as WireRound
    const visits = [
      visit('a', { round: 'r', checkPoint: 'gate', state: 'delivered' }),
      visit('b', { round: 'r', checkPoint: 'hall', at: now - 3_600_001 }),
      visit('c', { round: 'other', checkPoint: 'store' }),
    ]
    expect(standingOf(late, visits, now + 60_001, now)).toMatchObject({ done: 0, next: 'gate', until: undefined })
  })

  test('counts its time from the first visit on the phone while the gateway is out of reach', () => {
    const visits = [
      visit('a', { round: 'r', checkPoint: 'gate', at: now - 120_000 }),
      visit('b', { round: 'r', checkPoint: 'hall' }),
    ]
    expect(standingOf(round, visits, now, now)).toMatchObject({ done: 2, next: 'store', until: now - 120_000 + 3_600_000 })
    const whole = [...visits, visit('c', { round: 'r', checkPoint: 'store' })]
    expect(standingOf(round, whole, now, now)).toMatchObject({ done: 3, next: undefined, until: undefined })
  })
})
