import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Driver, ScanStep } from '../../protocols/contract/driver.ts'
import type { Came, Named, Sent, Series, Taken } from '../../protocols/contract/inlet.ts'
import type { Reading } from '../../protocols/contract/reading.ts'
import { after, days, instant, minutes, seconds } from '../../protocols/contract/time.ts'
import { limits, SentBook } from '../../protocols/http/book.ts'
import { parseHttp } from '../../protocols/http/config.ts'
import { http } from '../../protocols/http/driver.ts'
import type { SentPoint } from '../../protocols/http/points.ts'
import { clashesOf, SeriesIndex } from '../../protocols/http/series.ts'
import { binding, codeOf, FakeClock, Gateway, isGood, point, prepared } from './kit.ts'

const series = (measurement: string, tags: Record<string, string>, field: string): Series => ({
  by: 'series',
  measurement,
  tags: new Map(Object.entries(tags)),
  field,
})
const named = (id: string, measurement?: string, tags: Record<string, string> = {}, field = 'v'): SentPoint => ({
  point: point(id),
  equipment: id.split('.')[0] ?? '',
  ...(measurement === undefined ? {} : { series: { measurement, field, tags: new Map(Object.entries(tags)) } }),
  words: new Map(),
  scale: 1,
  offset: 0,
})

describe('a series is the point', () => {
  test.each<[string, Named, string | undefined]>([
    ['whose tags it has, whatever else it has', series('modbus', { slave: '3', host: 'pi' }, 'v'), 'cold-3.temperature'],
    ['that names the most of its tags', series('modbus', { slave: '3', door: 'left' }, 'v'), 'cold-3.left'],
    ['that is meant for the rest', series('modbus', { slave: '9' }, 'v'), 'cold-0.temperature'],
    ['of its own id', { by: 'point', point: 'room.humidity' }, 'room.humidity'],
    ['of its own id, also where the site file names a series for it', { by: 'point', point: 'cold-3.left' }, 'cold-3.left'],
    ['in its tag `point`', series('x', { point: 'room.humidity' }, 'value'), 'room.humidity'],
    ['in its tag `equipment` and its field', series('x', { equipment: 'room' }, 'humidity'), 'room.humidity'],
    ['whose id is the measurement', series('room.humidity', {}, 'value'), 'room.humidity'],
    ['of the equipment that is the measurement', series('room', {}, 'humidity'), 'room.humidity'],
    ['and none where the field is another', series('modbus', { slave: '3' }, 'w'), undefined],
    ['and none where the measurement is another', series('Modbus', { slave: '3' }, 'v'), undefined],
    ['and none where a tag says otherwise', series('room', { equipment: 'hall' }, 'humidity'), undefined],
  ])('%s', (_, meant, id) => {
    const index = new SeriesIndex([
      named('cold-0.temperature', 'modbus'),
      named('cold-3.temperature', 'modbus', { slave: '3' }),
      named('cold-3.left', 'modbus', { slave: '3', door: 'left' }),
      named('room.humidity'),
    ])
    expect(index.find(meant)?.point).toBe(id)
  })

  /** Some series fits both, and neither names all the tags of the other, or both name the same. */
  const isUnclear = (a: SentPoint, b: SentPoint): boolean => {
    const [one, other] = [a.series?.tags ?? new Map<string, string>(), b.series?.tags ?? new Map<string, string>()]
    const shared = [...one.keys()].filter(key => other.has(key))
    const isNarrower = shared.length === Math.min(one.size, other.size) && one.size !== other.size
    return shared.every(key => one.get(key) === other.get(key)) && !isNarrower
  }
  const tag = fc.constantFrom('a', 'b', 'c')
  const tags = fc.dictionary(tag, fc.constantFrom('1', '2'), { maxKeys: 3 })
  test('and never more than one, wherever the check of the site file found no clash', () => {
    fc.assert(
      fc.property(fc.array(tags, { minLength: 1, maxLength: 5 }), tags, (all, sent) => {
        const points = all.map((own, index) => named(`e.p${index}`, 'm', own))
        const fitting = points.filter(({ series: own }) => [...(own?.tags ?? [])].every(([key, is]) => sent[key] === is))
        const most = Math.max(...fitting.map(({ series: own }) => own?.tags.size ?? 0))
        const best = fitting.filter(({ series: own }) => own?.tags.size === most)
        if (clashesOf(points).length === 0) {
          expect(best.length).toBeLessThanOrEqual(1)
          expect(new SeriesIndex(points).find(series('m', sent, 'v'))).toBe(best[0])
        } else {
          const unclear = points.flatMap((a, index) => points.slice(index + 1).filter(b => isUnclear(a, b)))
          expect(unclear.length).toBeGreaterThan(0)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('the site file', () => {
  const problemsOf = (settings: Record<string, unknown>, ...bindings: ReturnType<typeof binding>[]) => {
    const result = http.prepare('push', { protocol: 'http', ...settings }, bindings)
    return result.ok
      ? []
      : result.problems.map(({ in: place, path, code }) => [place === 'connection' ? place : place.point, path.join('.'), code])
  }

  test('may name points by series, with tags of the equipment and of the point', () => {
    const problems: never[] = []
    const { points } = parseHttp(
      {},
      [
        binding(
          'cold.temperature',
          { field: 't1', tags: { probe: 1 }, scale: 0.1 },
          { measurement: 'modbus', tags: { slave: 3, probe: 0 } },
        ),
        binding('cold.door', {}, { measurement: 'modbus', tags: { slave: 3 } }),
        binding('hall.temperature', {}),
      ],
      problems,
    )
    expect(points.map(({ series: own }) => own && [own.measurement, Object.fromEntries(own.tags), own.field])).toEqual([
      ['modbus', { slave: '3', probe: '1' }, 't1'],
      ['modbus', { slave: '3' }, 'door'],
      undefined,
    ])
  })

  test.each<[string, Record<string, unknown>, ReturnType<typeof binding>[], unknown[]]>([
    ['no such setting', { url: 'x' }, [], [['connection', 'url', 'unknown-key']]],
    ['nobody may send', { from: [] }, [], [['connection', 'from', 'bad-value']]],
    ['a name that is a number', { from: [7] }, [], [['connection', 'from', 'bad-value']]],
    ['unknown', { unknown: 'maybe' }, [], [['connection', 'unknown', 'bad-value']]],
    ['silence of milliseconds', { silent: '20ms' }, [], [['connection', 'silent', 'bad-value']]],
    ['silence of nothing', { silent: 'soon' }, [], [['connection', 'silent', 'bad-value']]],
    ['tags without a measurement', {}, [binding('a.t', { tags: { x: 1 } })], [['a.t', 'measurement', 'missing']]],
    ['a field without a measurement', {}, [binding('a.t', { field: 'x' })], [['a.t', 'measurement', 'missing']]],
    ['tags that are no mapping', {}, [binding('a.t', { measurement: 'm', tags: ['x'] })], [['a.t', 'tags', 'bad-value']]],
    [
      'a tag that YAML reads otherwise',
      {},
      [binding('a.t', { measurement: 'm', tags: { version: 1.1 } })],
      [['a.t', 'tags', 'bad-value']],
    ],
    ['no tags', {}, [binding('a.t', { measurement: 'm', tags: {} })], [['a.t', 'tags', 'bad-value']]],
    ['words without numbers', {}, [binding('a.t', { map: { open: 'yes' } })], [['a.t', 'map', 'bad-value']]],
    ['no scale', {}, [binding('a.t', { scale: 0 })], [['a.t', 'scale', 'bad-value']]],
    ["another protocol's setting", {}, [binding('a.t', { register: 3 })], [['a.t', 'register', 'unknown-key']]],
    [
      'one series twice',
      {},
      [binding('a.t', { measurement: 'm', field: 'x' }), binding('b.t', { measurement: 'm', field: 'x' })],
      [['b.t', 'measurement', 'series-taken']],
    ],
    [
      'series that some value would fit alike',
      {},
      [
        binding('a.t', { field: 'x', tags: { a: 1 } }, { measurement: 'm' }),
        binding('b.t', { field: 'x', tags: { b: 1 } }, { measurement: 'm' }),
      ],
      [['b.t', 'field', 'series-unclear']],
    ],
  ])('is told of %s', (_, settings, bindings, problems) => {
    expect(problemsOf(settings, ...bindings)).toEqual(problems)
  })
})

const start = Date.parse('2026-03-02T08:00:00Z')
function opened(settings: Record<string, unknown> = {}, bindings = [temperature, door]) {
  const clock = new FakeClock(start)
  const host = new Gateway(clock, clock)
  const driver = prepared(http, settings, bindings).open(host)
  driver.start()
  return { clock, host, driver, inlet: driver.inlet! }
}
const temperature = binding(
  'cold-1.temperature',
  { field: 'temp', scale: 0.1 },
  { measurement: 'modbus', tags: { slave: 3 } },
  { plausible: { min: -40, max: 60 } },
)
const door = binding('cold-1.door', { field: 'door', map: { open: 1, closed: 0 } }, { measurement: 'modbus', tags: { slave: 3 } })
const temp = series('modbus', { slave: '3', host: 'pi' }, 'temp')
const doorway = series('modbus', { slave: '3', host: 'pi' }, 'door')
const now = instant(start)

describe('a value that is sent', () => {
  const { inlet } = opened()
  const shown = (taken: Taken | undefined) => (taken?.ok ? (taken.reading.value ?? codeOf(taken.reading)) : taken?.why)
  test.each<[string, Sent, unknown]>([
    ['is scaled', { named: temp, value: 45 }, 4.5],
    ['by its point is scaled as well', { named: { by: 'point', point: 'cold-1.temperature' }, value: 45 }, 4.5],
    ['beyond what such a sensor gives is a fault', { named: temp, value: 9_999 }, 'out-of-range'],
    ['is a word of the map', { named: doorway, value: 'open' }, 1],
    ['is a truth', { named: doorway, value: true }, 1],
    ['is a word that nobody knows', { named: doorway, value: 'ajar' }, 'no-number'],
    ['is a number in quotes', { named: temp, value: '45' }, 'no-number'],
    ['is none by its own word', { named: temp, value: null }, 'not-a-number'],
    ['is NaN', { named: temp, value: Number.NaN }, 'not-a-number'],
    ['is NaN in a text', { named: temp, value: ' nan ' }, 'not-a-number'],
    ['is infinite', { named: temp, value: Number.POSITIVE_INFINITY }, 'not-a-number'],
    ['is empty', { named: temp, value: '' }, 'not-a-number'],
    ['is 30 days old', { named: temp, value: 45, at: instant(start - days(30)) }, 4.5],
    ['is older', { named: temp, value: 45, at: instant(start - days(30) - 1) }, 'too-old'],
    ['is a minute ahead', { named: temp, value: 45, at: after(now, minutes(1)) }, 4.5],
    ['is further ahead', { named: temp, value: 45, at: instant(start + minutes(1) + 1) }, 'too-new'],
    ['of another series is not ours', { named: series('modbus', { slave: '4' }, 'temp'), value: 45 }, undefined],
  ])('%s', (_, sent, is) => {
    expect(shown(inlet.take(sent, 'telegraf', now))).toBe(is)
  })

  test('has the time of its sender, or of its arrival', () => {
    const at = instant(start - 5_000)
    expect(inlet.take({ named: temp, value: 45, at }, 'x', now)).toMatchObject({ reading: { at, receivedAt: now } })
    expect(inlet.take({ named: temp, value: 45 }, 'x', now)).toMatchObject({ reading: { at: now, receivedAt: now } })
  })

  test('is never good unless a finite number was sent for exactly that point', () => {
    const anything = fc.oneof(
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.string(),
      fc.constantFrom('open', 'closed', '-Inf', 'NULL'),
    )
    const anyName = fc.oneof(
      fc.constantFrom<Named>(temp, doorway, { by: 'point', point: 'cold-1.temperature' }),
      fc.record({ by: fc.constant('point' as const), point: fc.string() }),
      fc.record({
        by: fc.constant('series' as const),
        measurement: fc.string(),
        field: fc.string(),
        tags: fc.constant(new Map([['slave', '3']])),
      }),
    )
    fc.assert(
      fc.property(anything, anyName, fc.option(fc.integer(), { nil: undefined }), (value, meant, at) => {
        const taken = inlet.take({ named: meant, value, ...(at === undefined ? {} : { at: instant(at) }) }, 'x', now)
        if (!taken?.ok || !isGood(taken.reading)) return
        expect([temp, doorway].includes(meant as Series) || (meant.by === 'point' && meant.point.startsWith('cold-1.'))).toBe(
          true,
        )
        const isNumber = typeof value === 'number' ? Number.isFinite(value) : typeof value === 'boolean'
        expect(isNumber || value === 'open' || value === 'closed').toBe(true)
        expect(Number.isFinite(taken.reading.value)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })
})

const came = (sender: string, more: Partial<Came>): Came => ({
  sender,
  taken: [],
  refused: [],
  strangers: [],
  unreadable: 0,
  ...more,
})
const sends = (driver: Driver, sender: string, ...all: readonly Sent[]): void => {
  const inlet = driver.inlet!
  const taken: { sent: Sent; reading: Reading }[] = []
  const refused: Came['refused'][number][] = []
  const strangers: Sent[] = []
  for (const sent of all) {
    const one = inlet.take(sent, sender, now)
    if (!one) strangers.push(sent)
    else if (one.ok) taken.push({ sent, reading: one.reading })
    else refused.push({ sent, why: one.why })
  }
  inlet.note(came(sender, { taken, refused, strangers }))
}

describe('who may send', () => {
  test('is anybody where nobody is named, else those alone, and others are told so', () => {
    const { inlet } = opened({ from: ['kitchen'] })
    expect([inlet.admits('kitchen'), inlet.admits('office'), opened().inlet.admits('office')]).toEqual([true, false, true])
    expect(inlet.take({ named: temp, value: 45 }, 'office', now)).toMatchObject({ ok: false, why: 'not-admitted' })
  })
})

describe('silence', () => {
  test('of all senders is the silence of the line: said once at every point, and over with the next value', async () => {
    const { clock, host, driver } = opened({ silent: '5m' })
    await clock.passes(minutes(4))
    sends(driver, 'pi', { named: temp, value: 45 })
    await clock.passes(minutes(4))
    expect(host.downs).toEqual([])
    await clock.passes(minutes(20))

    expect(host.downs).toMatchObject([{ code: 'device-silent' }])
    expect(host.readings.map(reading => [reading.point, codeOf(reading)])).toEqual([
      ['cold-1.temperature', 'device-silent'],
      ['cold-1.door', 'device-silent'],
    ])
    // What nobody can use does not count as a word.
    sends(driver, 'pi', { named: series('cpu', {}, 'usage'), value: 3 })
    expect(host.ups).toBe(1)
    sends(driver, 'pi', { named: temp, value: 45 })
    expect(host.ups).toBe(2)
    await driver.stop()
    await clock.passes(minutes(20))
    expect(host.downs).toHaveLength(1)
    expect(clock.timers).toBe(0)
  })

  test('without `silent` is a matter of each point', async () => {
    const { clock, host, driver } = opened()
    await clock.passes(days(1))
    expect(host.links).toEqual(['up'])
    await driver.stop()
  })
})

describe('the doctor', () => {
  const words = (driver: Driver) =>
    driver.report?.().devices.map(({ device, advice }) => [device, advice.map(({ en }) => en).join(' | ')])

  test('says what is not in the site file, and what to write', () => {
    const { driver } = opened()
    sends(driver, 'pi', { named: temp, value: 45 }, { named: series('modbus', { slave: '4' }, 'temp'), value: 51 })

    const [device] = driver.report?.().devices ?? []
    expect(device).toMatchObject({ device: 'pi', asked: 2, answered: 1, refusals: { 'unknown series': 1 } })
    expect(device?.advice[0]?.en).toContain('modbus,slave=4 temp=51')
    expect(device?.advice[0]?.en).toContain('measurement: "modbus" tags: { "slave": "4" }')
    expect(device?.advice[0]?.en).toContain('field: temp')
    expect(driver.report?.().frames.at(-1)).toMatchObject({
      device: 'pi',
      way: 'heard',
      note: '1 taken, 1 unknown: modbus,slave=4 temp=51',
    })
  })

  test('knows a wrong clock, a wrong precision, a text, a stranger, and two devices on one point', () => {
    const { driver } = opened({ from: ['pi'] })
    sends(driver, 'pi', { named: temp, value: 45, at: instant(start + minutes(9)) })
    sends(driver, 'pi', { named: temp, value: 45, at: instant(start / 1_000) })
    sends(driver, 'pi', { named: doorway, value: 'ajar' })
    sends(driver, 'pi', { named: series('modbus', { slave: '3', host: 'a' }, 'temp'), value: 1 })
    sends(driver, 'pi', { named: series('modbus', { slave: '3', host: 'b' }, 'temp'), value: 1 })
    sends(driver, 'office', { named: temp, value: 45 })
    driver.inlet?.note(came('pi', { unreadable: 2 }))

    const said = new Map(words(driver) as [string, string][])
    expect(said.get('pi')).toMatch(/540 s ahead.*30 days old.*map: \{ TEXT.*cannot be read.*more than one series/)
    expect(said.get('office')).toContain('add office')
  })

  test('says where to send to while nobody has sent', () => {
    expect(words(opened({ from: ['pi'] }).driver)).toEqual([['pi', expect.stringContaining('/api/v2/write')]])
    expect(words(opened().driver)).toEqual([['?', expect.stringContaining('operator')]])
  })

  test('counts', () => {
    const { driver } = opened()
    sends(
      driver,
      'pi',
      { named: temp, value: 45 },
      { named: doorway, value: 'ajar' },
      { named: series('cpu', {}, 'x'), value: 1 },
    )
    expect(driver.counters?.()).toEqual({
      http_requests: 1,
      http_values: 1,
      http_unknown: 1,
      http_refused: 1,
      http_unreadable: 0,
    })
  })
})

describe('looking for equipment', () => {
  const steps = async (all: AsyncIterable<ScanStep> | undefined): Promise<ScanStep[]> => {
    const seen: ScanStep[] = []
    for await (const step of all ?? []) seen.push(step)
    return seen
  }

  test('finds what is sent and not in the site file, before and while it listens', async () => {
    const { clock, driver } = opened()
    sends(
      driver,
      'pi',
      { named: series('modbus', { slave: '4' }, 'temp'), value: 51 },
      { named: series('modbus', { slave: '4' }, 'open'), value: true },
    )
    const scanning = steps(driver.scan?.({ listen: seconds(5), most: 10 }, new AbortController().signal))
    await clock.passes(seconds(2))
    sends(driver, 'pi', { named: series('wifi', {}, 'signal'), value: -61 })
    await clock.passes(seconds(10))

    const found = (await scanning).flatMap(step => (step.step === 'found' ? [step.found] : []))
    expect(found).toMatchObject([
      {
        name: 'modbus,slave=4',
        device: { measurement: 'modbus', tags: { slave: '4' } },
        points: [
          { settings: { field: 'temp' }, value: 51, raw: 'modbus,slave=4 temp=51' },
          { settings: { field: 'open' }, value: 1 },
        ],
      },
      { name: 'wifi', device: { measurement: 'wifi' }, points: [{ settings: { field: 'signal' }, value: -61 }] },
    ])
    await driver.stop()
  })

  test('what it says to write is what the site file takes, and then the value is a reading', async () => {
    const { driver, clock } = opened()
    sends(driver, 'pi', { named: series('my sensor', { place: 'hall 2' }, 'temp c'), value: 21.5 })
    const scanning = steps(driver.scan?.({ listen: seconds(1), most: 1 }, new AbortController().signal))
    await clock.passes(seconds(0))
    await clock.passes(seconds(3))
    const step = (await scanning).find(one => one.step === 'found')
    const found = step?.step === 'found' ? step.found : undefined
    const tried = binding('hall.temperature', { ...found?.points[0]?.settings }, { ...found?.device })
    expect(http.prepare('push', {}, [tried]).ok).toBe(true)

    const probes = await driver.probe?.(new AbortController().signal, [tried])
    expect(probes).toMatchObject([
      {
        reading: { point: 'hall.temperature', value: 21.5, quality: 'good' },
        raw: String.raw`my\ sensor,place=hall\ 2 temp\ c=21.5`,
      },
    ])
    await driver.stop()
  })

  test('a look waits for what has not been sent, and says when it was not', async () => {
    const { clock, driver } = opened()
    const looking = driver.probe?.(new AbortController().signal)
    await clock.passes(seconds(3))
    sends(driver, 'pi', { named: temp, value: 45 }, { named: doorway, value: 'open' })
    await clock.passes(seconds(0))
    expect((await looking)?.map(({ reading, raw }) => [reading.value, raw])).toEqual([
      [4.5, 'modbus,host=pi,slave=3 temp=45'],
      [1, 'modbus,host=pi,slave=3 door="open"'],
    ])

    const { clock: later, driver: other } = opened()
    const waiting = other.probe?.(new AbortController().signal)
    await later.passes(minutes(1))
    expect((await waiting)?.map(({ reading, raw }) => [codeOf(reading), raw])).toEqual([
      ['timeout', ''],
      ['timeout', ''],
    ])
  })

  test('is left as soon as somebody stops it, or the line', async () => {
    const { driver, clock } = opened()
    const scanning = steps(driver.scan?.({ listen: minutes(5), most: 9 }, new AbortController().signal))
    const looking = driver.probe?.(new AbortController().signal)
    await clock.passes(seconds(1))
    await driver.stop()
    await Promise.all([scanning, looking])
    expect(clock.timers).toBe(0)
  })

  test('is nothing for a line that does not run: there is nobody to ask', () => {
    const driver = prepared(http, {}, [temperature]).open(new Gateway())
    expect([driver.scan, driver.probe]).toEqual([undefined, undefined])
  })
})

describe('what is remembered', () => {
  test('is bounded, whatever is sent', () => {
    const book = new SentBook()
    const long = Buffer.alloc(5_000, 'x').toString()
    for (let request = 0; request < 50; request++) {
      const strangers = Array.from({ length: 1_500 }, (_, index) => ({
        named: series(`m${request}-${index}`, { t: long }, 'f'),
        value: long,
      }))
      book.note(came(`sender-${request}`, { strangers }), instant(start + request), instant(start + request))
    }
    for (let name = 0; name < 500; name++) book.note(came(`late-${name}`, {}), instant(start + 100 + name), instant(start))

    expect(book.strangers.length).toBe(limits.strangers)
    expect(book.overlooked).toBe(75_000 - limits.strangers)
    expect(book.senders.length).toBe(limits.senders)
    expect(book.frames.length).toBe(limits.frames)
    const kept = JSON.stringify(book.strangers.map(({ sent }) => [sent.named.measurement, [...sent.named.tags], sent.value]))
    expect(kept.length).toBeLessThan(limits.strangers * 400)
  })

  test('gives the place of what is no longer sent to what is', () => {
    const book = new SentBook()
    const send = (from: number, to: number, at: number): void =>
      book.note(
        came('pi', {
          strangers: Array.from({ length: to - from }, (_, index) => ({ named: series(`m${from + index}`, {}, 'f'), value: 1 })),
        }),
        instant(at),
        instant(at),
      )
    send(0, limits.strangers, start)
    send(0, 100, start + minutes(20))
    send(1_000, 1_005, start + minutes(20))
    const names = book.strangers.map(({ sent }) => sent.named.measurement)
    expect(names).toHaveLength(limits.strangers)
    expect(names.filter(name => name.startsWith('m100'))).toHaveLength(5)
    expect(names).toContain('m0')
    expect(names).not.toContain('m100')
  })

  test('holds on to no request: a name cut out of a long text is copied', () => {
    const book = new SentBook()
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const heap = (): number => {
      collect()
      return process.memoryUsage().heapUsed
    }
    const before = heap()
    for (let index = 0; index < 200; index++) {
      const body = `measurement-of-some-length-${index} ${'z'.repeat(1_000_000)}`
      const cut = body.slice(0, 30)
      book.note(
        came(cut, {
          strangers: [
            { named: series(cut, { [body.slice(3, 33)]: body.slice(5, 35) }, body.slice(7, 37)), value: body.slice(2, 40) },
          ],
        }),
        instant(start),
        instant(start),
      )
    }
    // 200 MB would still be there.
    expect(heap() - before).toBeLessThan(20_000_000)
  })
})
