import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutLedger, explain, gapCauses } from '../../gateway/historian/gap-ledger.ts'
import type { ExplainedGap, Hole, LedgerPoint, Reason, ReasonCause } from '../../gateway/historian/gap-ledger.ts'
import { causeWords } from '../../gateway/historian/gap-words.ts'
import { isSameBoot, readRun } from '../../gateway/historian/runs.ts'
import type { Draft } from '../../gateway/journal/entry.ts'
import { openStore } from '../../gateway/store/open.ts'
import { lookBack } from '../../gateway/store/past.ts'
import type { Boot, StoredReading } from '../../gateway/store/store.ts'
import { instant, millis } from '../../protocols/contract/time.ts'
import { emptyFolder, fails, point, reads, temperature, wall } from './folder.ts'

const words = { zh: '因', en: 'why' }
const reason = (cause: ReasonCause, from: number, to: number, seq = 0): Reason => ({
  from,
  to,
  cause,
  detail: words,
  entries: [seq],
})
const hole = (from: number, to: number, cause: Hole['cause'] = 'silent'): Hole => ({ from, to, cause })
const told = (gaps: readonly ExplainedGap[]) => gaps.map(({ from, to, cause }) => `${from}–${to ?? ''} ${cause}`)

describe('a hole', () => {
  test('that nothing explains is what the device did', () => {
    expect(told(explain([hole(0, 100), hole(200, 300, 'garbled'), hole(400, Infinity, 'sentinel')], [], 10))).toEqual([
      '0–100 silent',
      '200–300 garbled',
      '400– sentinel',
    ])
  })

  test('is cut where a reason begins and ends', () => {
    expect(told(explain([hole(0, 100)], [reason('bus-down', 30, 60)], 10))).toEqual([
      '0–30 silent',
      '30–60 bus-down',
      '60–100 silent',
    ])
  })

  test('has the strongest of several reasons, and of equal ones the newest', () => {
    const reasons = [
      reason('bus-down', 0, 100),
      reason('locked-out', 20, 80),
      reason('power', 40, 60),
      reason('bus-down', 90, 100, 7),
    ]
    const gaps = explain([hole(0, 100)], reasons, 1)
    expect(told(gaps)).toEqual([
      '0–20 bus-down',
      '20–40 locked-out',
      '40–60 power',
      '60–80 locked-out',
      '80–90 bus-down',
      '90–100 bus-down',
    ])
    expect(gaps.at(-1)?.entries).toEqual([7])
  })

  test('leaves no short rest of silence beside a reason', () => {
    expect(told(explain([hole(0, 100)], [reason('bus-down', 8, 95)], 10))).toEqual(['0–100 bus-down'])
    expect(told(explain([hole(0, 100, 'timeout')], [reason('bus-down', 8, 95)], 10))).toEqual([
      '0–8 timeout',
      '8–95 bus-down',
      '95–100 timeout',
    ])
  })

  test('of a stop belongs to it as a whole, and what lies between two stops to the one before', () => {
    const stops = [reason('gateway-stopped', 10, 30, 1), reason('power', 40, 60, 2)]
    expect(told(explain([hole(5, 70, 'gateway-stopped')], stops, 20))).toEqual(['5–40 gateway-stopped', '40–70 power'])
  })

  test('of before the first word is only explained by lost data', () => {
    const reasons = [reason('power', 0, 50), reason('damaged', -Infinity, 20)]
    expect(told(explain([hole(0, 100, 'not-begun')], reasons, 1))).toEqual(['0–20 damaged', '20–100 not-begun'])
  })

  test('has a name for each cause in both languages', () => {
    for (const cause of gapCauses)
      expect([causeWords[cause].zh, causeWords[cause].en]).toEqual([expect.any(String), expect.any(String)])
  })
})

describe('holes and reasons of any kind', () => {
  const length = fc.integer({ min: 1, max: 60 })
  const holes = fc
    .array(
      fc.tuple(
        fc.integer({ min: 0, max: 40 }),
        length,
        fc.constantFrom<Hole['cause']>('silent', 'garbled', 'not-begun', 'gateway-stopped'),
      ),
      {
        maxLength: 6,
      },
    )
    .map(parts => {
      let at = 0
      return parts.map(([apart, long, cause]) => {
        const from = at + apart + 1
        at = from + long
        return hole(from, at, cause)
      })
    })
  const reasons = fc.array(
    fc
      .tuple(
        fc.integer({ min: -20, max: 300 }),
        length,
        fc.constantFrom<ReasonCause>('power', 'trimmed', 'damaged', 'clock', 'locked-out', 'out-of-service', 'bus-down'),
      )
      .map(([from, long, cause]) => reason(cause, from, from + long)),
    { maxLength: 8 },
  )

  test('are tiled exactly, and each moment has a cause that holds there or beside it', () => {
    fc.assert(
      fc.property(holes, reasons, fc.integer({ min: 0, max: 20 }), (open, why, silentAfter) => {
        const gaps = explain(open, why, silentAfter)
        for (let moment = 0; moment < 420; moment++) {
          const around = open.filter(one => one.from <= moment && moment < one.to)
          const found = gaps.filter(gap => gap.from <= moment && moment < (gap.to ?? Infinity))
          expect(found.length).toBe(around.length)
          const [gap] = found
          const [mine] = around
          if (!gap || !mine) continue
          const covering = why.filter(one => one.from <= moment && moment < one.to).map(one => one.cause as string)
          // Only where nothing holds may the device be blamed, and a reason may reach out to a short rest only.
          if (gap.cause === mine.cause && mine.cause !== 'gateway-stopped' && mine.cause !== 'not-begun')
            expect(covering).toEqual([])
          else if (mine.cause === 'garbled') expect(covering).toContain(gap.cause)
          else if (mine.cause === 'silent' && !covering.includes(gap.cause)) {
            const near = why.some(
              one => one.cause === gap.cause && one.from - silentAfter <= moment && moment < one.to + silentAfter,
            )
            expect(near).toBe(true)
          }
        }
      }),
      { numRuns: 500 },
    )
  })

  test('are the same in parts as in one', () => {
    fc.assert(
      fc.property(
        holes,
        reasons,
        fc.integer({ min: 0, max: 20 }),
        fc.integer({ min: 1, max: 400 }),
        (open, why, silentAfter, at) => {
          const whole = cutLedger(explain(open, why, silentAfter), instant(0), instant(1_000))
          const parts = [...cutLedger(whole, instant(0), instant(at)), ...cutLedger(whole, instant(at), instant(1_000))]
          const total = (gaps: readonly ExplainedGap[]) => gaps.reduce((sum, { from, to }) => sum + (to ?? 1_000) - from, 0)
          expect(total(parts)).toBe(total(whole))
        },
      ),
    )
  })
})

test('runs are of one boot by its name, else by its time, else nobody knows', () => {
  expect(isSameBoot({ id: 'a', at: 0 }, { id: 'a', at: 9e9 })).toBe(true)
  expect(isSameBoot({ id: 'a', at: 0 }, { id: 'b', at: 0 })).toBe(false)
  expect(isSameBoot({ at: 0 }, { at: 59_000 })).toBe(true)
  expect(isSameBoot({ id: 'a', at: 0 }, { at: 61_000 })).toBe(false)
  expect(isSameBoot(undefined, { at: 0 })).toBe(undefined)
  expect(readRun({ start: 1, alive: 2, boot: '{"id":"a","at":5}' })).toEqual({ start: 1, alive: 2, boot: { id: 'a', at: 5 } })
  for (const boot of [null, 'not json', '{"id":"a"}', '7']) expect(readRun({ start: 1, alive: 2, boot }).boot).toBe(undefined)
})

const asked: LedgerPoint = { id: temperature, equipment: 'cold-1', connection: 'bus', staleAfter: millis(30_000) }
const draft = (kind: string, at: number, data: Draft['data'] = {}, about?: string): Draft => ({
  kind,
  at: instant(at),
  by: 'system',
  data,
  ...(about === undefined ? {} : { about }),
})

/** One run of a gateway on the folder: what it heard and wrote down; at its end it says so, or not. */
async function run(
  folder: string,
  boot: Boot | undefined,
  at: number,
  readings: readonly StoredReading[],
  drafts: readonly Draft[],
  end?: number,
) {
  const store = await openStore(folder, { wall })
  await store.historian.listening(instant(at), boot)
  await store.journal.append([draft('gateway.started', at, { damage: store.damage }), ...drafts])
  await store.historian.record(readings)
  if (end !== undefined) await store.journal.append([draft('gateway.stopped', end)])
  await store.close()
}

/** Every ten seconds from `from` to `to`, both in seconds. */
const steady = (from: number, to: number): StoredReading[] =>
  Array.from({ length: Math.floor((to - from) / 10) + 1 }, (_, index) => reads((from + index * 10) * 1_000, 4))
const s = 1_000

async function story(): Promise<string> {
  const folder = emptyFolder()
  const first = { id: 'first', at: 0 }
  const second = { id: 'second', at: 0 }
  await run(folder, first, 90 * s, steady(100, 1_000), [], 1_001 * s)
  // 2: ends without a word; a line is down meanwhile, and a fault, and a silence.
  await run(
    folder,
    first,
    1_100 * s,
    [
      ...steady(1_100, 1_300),
      fails(1_310 * s, 'disconnected'),
      ...steady(1_400, 1_500),
      ...steady(1_600, 1_700),
      fails(1_710 * s, 'sentinel'),
      ...steady(1_800, 2_000),
    ],
    [
      draft('link.down', 1_310 * s, { fault: { code: 'disconnected', detail: '' } }, 'bus'),
      draft('link.up', 1_395 * s, {}, 'bus'),
      draft('link.down', 1_510 * s, {}, 'another bus'),
    ],
  )
  // 3: the same boot, so the one before was killed. This one ends by a power cut.
  await run(
    folder,
    first,
    2_200 * s,
    [...steady(2_200, 2_300), ...steady(2_500, 2_600), ...steady(2_800, 3_000)],
    [
      draft('equipment.locked-out', 2_310 * s, { equipment: 'cold-1' }, 'cold-1'),
      draft('equipment.released', 2_490 * s, { equipment: 'cold-1' }, 'cold-1'),
      draft(
        'alarm.out-of-service',
        2_605 * s,
        { point: temperature, outOfService: { reason: '检修', substitute: '人工测温', until: 2_700 * s } },
        'a-1',
      ),
      draft('alarm.out-of-service', 2_605 * s, { point: 'cold-1.door', outOfService: {} }, 'a-2'),
    ],
  )
  // 4: the clock is set forward by 200 s; stopped, and the machine rebooted meanwhile.
  await run(
    folder,
    second,
    3_500 * s,
    [...steady(3_500, 3_600), ...steady(3_810, 4_000)],
    [draft('clock.set', 3_805 * s, { by: 200_000 })],
    4_001 * s,
  )
  // 5: nobody says which boot.
  await run(folder, { id: 'third', at: 0 }, 4_200 * s, steady(4_200, 4_300), [
    draft('readings.trimmed', 4_250 * s, {
      points: [
        { point: temperature, from: 0, to: 50 * s, rows: 3 },
        { point: 'x.y', from: 0, to: 90 * s },
      ],
    }),
  ])
  await run(folder, undefined, 5_000 * s, steady(5_000, 5_100), [], 5_101 * s)
  return folder
}

describe('the ledger of a folder', () => {
  test('names each hole as it was', async () => {
    const folder = await story()
    const gaps = lookBack(folder, past => past.ledgerOf(asked, instant(0), instant(6_000 * s)))
    expect(gaps.map(({ from, to, cause, detail }) => `${from / s}–${to === null ? '' : to / s} ${cause}: ${detail.en}`)).toEqual([
      '0–50 trimmed: the raw readings were removed by their retention or the disk budget, with a stub that says so; the summaries remain',
      '50–100 not-begun: not yet recorded',
      '1000–1100 gateway-stopped: the gateway was stopped properly, until it was started again',
      '1310–1395 bus-down: line bus was down: disconnected',
      '1395–1400 disconnected: disconnected',
      '1500–1600 silent: device silent',
      '1710–1800 sentinel: no sensor connected',
      '2000–2200 gateway-stopped: the gateway ended unexpectedly; the machine was not rebooted',
      '2300–2500 locked-out: the equipment was out of use because of a fault, until a repair that passed',
      '2600–2700 out-of-service: out of service: 检修; instead: 人工测温',
      '2700–2800 silent: device silent',
      '3000–3500 power: power cut or reboot: the gateway had no time to stop, and the machine was booted anew',
      "3600–3810 clock: the gateway's clock was set forward by 3 min; this time never passed",
      '4000–4200 gateway-stopped: the gateway was stopped properly; the machine was rebooted meanwhile',
      '4300–5000 gateway-stopped: no gateway was running; why was not recorded',
      '5100– gateway-stopped: the gateway was stopped properly and not started since',
    ])
    const kinds = lookBack(
      folder,
      past =>
        new Map(
          [
            ...past.entries(
              ['gateway.started', 'gateway.stopped', 'link.down', 'link.up', 'clock.set'],
              instant(0),
              instant(9e9),
            ),
          ].map(({ seq, kind }) => [seq, kind]),
        ),
    )
    const proof = (at: number) => gaps.find(({ from }) => from === at * s)?.entries.map(seq => kinds.get(seq))
    expect(proof(1_000)).toEqual(['gateway.stopped', 'gateway.started'])
    expect(proof(1_310)).toEqual(['link.down', 'link.up'])
    expect(proof(3_000)).toEqual(['gateway.started'])
    expect(proof(3_600)).toEqual(['clock.set'])
  })

  test('says the same however the time is cut, and knows every other time', async () => {
    const folder = await story()
    lookBack(folder, past => {
      const at = (gaps: readonly ExplainedGap[], moment: number) =>
        gaps
          .filter(({ from, to }) => from <= moment && moment < (to ?? Infinity))
          .map(({ cause, detail }) => `${cause} ${detail.en}`)
      const whole = past.ledgerOf(asked, instant(0), instant(6_000 * s))
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 5_990 }), fc.integer({ min: 1, max: 900 }), (start, long) => {
          // Whether the silence after the last word of all is one is not to be said before it has lasted.
          const since = (start + long) * s - 5_100 * s
          fc.pre(since <= 0 || since > asked.staleAfter)
          const part = past.ledgerOf(asked, instant(start * s), instant((start + long) * s))
          for (let moment = start; moment < start + long; moment += 5) expect(at(part, moment * s)).toEqual(at(whole, moment * s))
        }),
        { numRuns: 150 },
      )
      // What is known is what was said no longer than the allowed silence ago.
      const said = [...past.columns(temperature, instant(0), instant(6_000 * s))].flatMap(rows =>
        Array.from(rows.at, (time, index) => ({ time, good: (rows.mark[index] ?? 0) === 0 })),
      )
      for (let moment = 0; moment < 5_100 * s; moment += s) {
        const last = said.findLast(({ time }) => time <= moment)
        const next = said.find(({ time }) => time > moment)
        const isKnown = last !== undefined && last.good && next !== undefined && next.time - last.time <= 30_000
        expect(at(whole, moment).length, `at ${moment}`).toBe(isKnown ? 0 : 1)
      }
    })
  })

  test('of a point that never spoke is not begun, and of a file that was lost is damaged', async () => {
    const folder = emptyFolder()
    await run(folder, { at: 0 }, 0, steady(0, 100), [
      draft('gateway.started', 50 * s, { damage: [{ file: '/data/history.db', movedTo: '', why: '' }] }),
    ])
    lookBack(folder, past => {
      const other = { ...asked, id: point('door') }
      expect(told(past.ledgerOf(other, instant(0), instant(100 * s)))).toEqual(['0–50000 damaged', '50000– not-begun'])
      expect(past.ledgerOf(asked, instant(0), instant(100 * s))).toEqual([])
      expect(past.ledgerOf(asked, instant(100), instant(100))).toEqual([])
    })
  })

  test('answers over the thread as it does beside', async () => {
    const folder = await story()
    const beside = lookBack(folder, past => past.ledgerOf(asked, instant(0), instant(6_000 * s)))
    const store = await openStore(folder, { wall })
    expect(await store.historian.ledgerOf(asked, instant(0), instant(6_000 * s))).toEqual(beside)
    await store.close()
  })
})
