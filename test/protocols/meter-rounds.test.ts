import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { loadSite } from '../../gateway/site/load.ts'
import { fieldsOf } from '../../gateway/story/compare.ts'
import { readStory } from '../../gateway/story/read.ts'
import { play } from '../../gateway/story/stage.ts'
import { zoneOf } from '../../gateway/zone.ts'
import type { Binding, PreparedProblem } from '../../protocols/contract/driver.ts'
import { hours, instant, minutes } from '../../protocols/contract/time.ts'
import { SettingReader } from '../../protocols/kit/settings.ts'
import { cjt188 } from '../../protocols/meters/cjt188-driver.ts'
import type { RoundPlan, RoundState } from '../../protocols/meters/round.ts'
import { dueAt, readRound, windowAt } from '../../protocols/meters/round.ts'
import { protocols } from '../../protocols/registry.ts'
import { Cjt188Meter } from '../../simulators/servers/cjt188-meter.ts'
import { MeterBus } from '../../simulators/servers/meter-bus.ts'
import { hasSocat, serialPortTo } from './peers/serial-line.ts'
import { binding, codeOf, FakeClock, Gateway, isGood, point, prepared, realClock, settled } from './kit.ts'

const shanghai = zoneOf('Asia/Shanghai')
const at = (text: string) => instant(Date.parse(`${text}+08:00`))
const shown = (time: number): string => new Date(time + 8 * 3_600_000).toISOString().slice(0, 16)
const plan: RoundPlan = { each: 'month', first: 22, last: 23, at: 8 * 60, retry: hours(1) }

describe('the window of a reading round', () => {
  test.each([
    ['2026-11-01T00:00', plan, '2026-11-22T08:00', '2026-11-24T00:00'],
    ['2026-11-22T07:59', plan, '2026-11-22T08:00', '2026-11-24T00:00'],
    ['2026-11-23T23:59', plan, '2026-11-22T08:00', '2026-11-24T00:00'],
    ['2026-11-24T00:00', plan, '2026-12-22T08:00', '2026-12-24T00:00'],
    ['2026-12-31T12:00', plan, '2027-01-22T08:00', '2027-01-24T00:00'],
    // Days beyond the end of a short month are its last.
    ['2027-02-10T00:00', { ...plan, first: 30, last: 31 }, '2027-02-28T08:00', '2027-03-01T00:00'],
    ['2026-11-05T00:00', { ...plan, each: 'quarter', first: 1, last: 92 }, '2026-10-01T08:00', '2027-01-01T00:00'],
    ['2026-12-31T23:00', { ...plan, each: 'quarter', first: 80, last: 92 }, '2026-12-19T08:00', '2027-01-01T00:00'],
    ['2026-11-05T06:00', { ...plan, each: 'day', first: 1, last: 1 }, '2026-11-05T08:00', '2026-11-06T00:00'],
    ['2026-11-30T23:59', { ...plan, each: 'day', first: 1, last: 1, at: 0 }, '2026-11-30T00:00', '2026-12-01T00:00'],
  ] as const)('at %s', (now, asked, from, to) => {
    const window = windowAt(asked, at(now), shanghai)
    expect([shown(window.from), shown(window.to)]).toEqual([from, to])
  })

  test('is always the open one or the next, in every zone', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: Date.UTC(2024, 0), max: Date.UTC(2032, 0) }),
        fc.constantFrom('Asia/Shanghai', 'Europe/Berlin', 'America/St_Johns', 'Pacific/Apia'),
        fc.constantFrom<RoundPlan['each']>('day', 'month', 'quarter'),
        fc.integer({ min: 1, max: 31 }),
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 0, max: 1_439 }),
        (now, zone, each, first, more, minute) => {
          const asked = { each, first, last: Math.min(31, first + more), at: minute, retry: hours(1) }
          const { from, to } = windowAt(asked, instant(now), zoneOf(zone))
          expect(to).toBeGreaterThan(now)
          expect(from).toBeLessThan(to)
          // What is open stays the same window until it ends.
          if (from <= now) expect(windowAt(asked, instant(to - 1), zoneOf(zone))).toEqual({ from, to })
        },
      ),
    )
  })

  test('a meter is due in it once, again after a failure, and then not before the next', () => {
    const due = (state: RoundState, now: string): string => shown(dueAt(plan, state, at(now), shanghai))
    const read = { readIn: at('2026-11-22T08:00') }
    expect(due({}, '2026-11-03T10:00')).toBe('2026-11-22T08:00')
    expect(due({}, '2026-11-22T12:30')).toBe('2026-11-22T12:30')
    expect(due({ again: at('2026-11-22T09:00') }, '2026-11-22T08:10')).toBe('2026-11-22T09:00')
    expect(due({ again: at('2026-11-24T00:30') }, '2026-11-23T23:30')).toBe('2026-12-22T08:00')
    expect(due(read, '2026-11-22T12:30')).toBe('2026-12-22T08:00')
    expect(due(read, '2026-12-22T08:00')).toBe('2026-12-22T08:00')
    expect(due({ ...read, again: at('2026-11-22T09:00') }, '2026-12-23T20:00')).toBe('2026-12-23T20:00')
  })
})

describe('the settings of a round', () => {
  const read = (settings: unknown) => {
    const problems: PreparedProblem[] = []
    const round = readRound(new SettingReader({ read: settings }, 'connection', problems))
    return { round, paths: problems.map(({ path }) => path.join('.')) }
  }
  test('are read, with what is usual where nothing is written', () => {
    expect(read({ window: '22-23', at: '08:00', retry: '1h' }).round).toEqual(plan)
    expect(read({}).round).toEqual({ each: 'month', first: 1, last: 31, at: 0, retry: hours(1) })
    expect(read({ each: 'quarter', window: 15, retry: '30m' }).round).toEqual({
      each: 'quarter',
      first: 15,
      last: 15,
      at: 0,
      retry: minutes(30),
    })
  })
  test.each([
    ['monthly', ['read']],
    [{ each: 'week' }, ['read.each']],
    [{ window: '23-22' }, ['read.window']],
    [{ window: '1-32' }, ['read.window']],
    [{ window: 'all' }, ['read.window']],
    [{ at: '24:00' }, ['read.at']],
    [{ at: 'noon', retry: '5s' }, ['read.at', 'read.retry']],
    [{ retry: 'soon' }, ['read.retry']],
    [{ windows: '22-23' }, ['read.windows']],
    [{ each: 'day', window: '1-2' }, ['read.window']],
  ])('%j is told', (settings, paths) => {
    expect(read(settings).paths).toEqual(paths)
  })
})

const folders: string[] = []
const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

const site = `
site: { id: gas-office, name: Gas office, timeZone: Asia/Shanghai }
connections:
  meters: { protocol: cjt188, host: 127.0.0.1, port: 8899, read: { window: 22-23, at: '08:00', retry: 1h } }
  desk: { protocol: http }
areas:
  town:
    name: Town
    equipment:
      gas-1:
        type: gas-meter
        connection: meters
        address: '1'
        meter: gas
        facts: { class: commercial, meter: G16, serial: A1, installed: '2025-01-01', inlet: left, replaceBy: '2028-01-01', silentAfter: 40d }
        points: { total: { data: total, stale: 40d } }
      gas-2:
        type: gas-meter
        connection: meters
        address: '2'
        meter: gas
        facts: { class: commercial, meter: G16, serial: A2, installed: '2025-01-01', inlet: left, replaceBy: '2028-01-01', silentAfter: 40d }
        points: { total: { data: total, stale: 40d } }
      sheet-1:
        type: reading-sheet
        connection: desk
        points: { entries: {} }
        rules: { entries.silent: { off: true, reason: 'the sheet is not played here' } }
`

describe('a site file with meters that are read in a window', () => {
  const warnings = async (text: string): Promise<readonly string[]> => {
    const folder = await mkdtemp(join(tmpdir(), 'meters-'))
    folders.push(folder)
    await writeFile(join(folder, 'site.yaml'), text)
    const loaded = await loadSite(join(folder, 'site.yaml'), {}, protocols)
    return loaded.problems.map(({ code, path }) => `${code} ${path}`)
  }
  test('is told where a point would count as silent between two readings', async () => {
    const soon = await warnings(site.replace('data: total, stale: 40d', 'data: total, stale: 20d'))
    expect(soon.filter(one => one.startsWith('stale-too-soon'))).toEqual([
      'stale-too-soon areas.town.equipment.gas-1.points.total.stale',
    ])
    expect((await warnings(site)).filter(one => one.startsWith('stale-too-soon'))).toEqual([])
  })
  test('is told where a rule would call for a reading sooner than the window brings it, and by which fact it waits', async () => {
    const rounds = async (text: string) => (await warnings(text)).filter(one => one.startsWith('stale-too-soon'))
    const short = site.replaceAll('silentAfter: 40d', 'silentAfter: 30d')
    expect(await rounds(short)).toEqual(
      ['gas-1', 'gas-2'].map(id => `stale-too-soon areas.town.equipment.${id}.facts.silentAfter`),
    )
    // Not written, it waits for six hours.
    expect(await rounds(site.replace(', silentAfter: 40d', ''))).toEqual(['stale-too-soon areas.town.equipment.gas-1.facts'])
    // By the quarter forty days are too short for both.
    const quarterly = site.replace('read: { window', 'read: { each: quarter, window')
    expect(await rounds(quarterly)).toHaveLength(4)
    expect(await rounds(quarterly.replaceAll('40d', '101d'))).toEqual([])
    // Read all day long it is as it was.
    expect(await rounds(site.replace(/, read: \{.*?\}/, '').replaceAll(', silentAfter: 40d', ''))).toEqual([])
  })
  test('is good without a flow, which a battery meter does not tell: its total stands for it', async () => {
    expect(await warnings(site)).toEqual([])
    const bare = site.replaceAll('total: { data: total, stale: 40d }', "balance: { di: '8123', stale: 40d }")
    expect((await warnings(bare)).filter(one => one.startsWith('main-point'))).toHaveLength(2)
  })
  test('is told what is wrong with the window, once', async () => {
    const wrong = await warnings(site.replace('window: 22-23', 'window: 23-22'))
    expect(wrong).toEqual(['bad-value connections.meters.read.window'])
  })
})

const address = (n: number): string => String(n).padStart(14, '0')

/** A line with two battery meters and a year that the test moves on. */
async function town(begin: string, via: 'tcp' | 'serial' = 'tcp') {
  const clock = new FakeClock(at(begin))
  const meters = [1, 2].map(n => new Cjt188Meter({ type: 0x30, address: address(n), total: () => n * 1_000 + days(clock.now()) }))
  const bus = new MeterBus({ host: '127.0.0.1', port: 0, slowness: 0, meters })
  const port = await bus.start()
  const host = Object.assign(new Gateway(clock, realClock), { zone: shanghai })
  const bindings: Binding[] = [1, 2].map(n => binding(`gas-${n}.total`, { data: 'total' }, { address: address(n), meter: 'gas' }))
  const wires = via === 'serial' ? await serialPortTo(port) : undefined
  if (wires) stops.push(() => wires.stop())
  const settings = {
    ...(wires ? { path: wires.path, baud: 2400, format: '8E1' } : { host: '127.0.0.1', port }),
    timeout: via === 'serial' ? '250ms' : '100ms',
    retries: 0,
    pause: '0',
    read: { window: '22-23', at: '08:00', retry: '1h' },
  }
  const driver = prepared(cjt188, settings, bindings).open(host)
  driver.start()
  stops.push(
    () => bus.stop(),
    () => driver.stop(),
  )
  await host.until('up', () => host.ups === 1)
  const goesTo = async (time: string): Promise<void> => {
    // What was just told is first written down by the driver.
    await settled()
    await clock.passes((at(time) - clock.now()) as ReturnType<typeof minutes>)
    await settled()
  }
  return { clock, meters, bus, host, driver, goesTo }
}
const days = (now: number): number => Math.floor((now - at('2026-11-01T00:00')) / 86_400_000)

const ways = hasSocat() ? (['tcp', 'serial'] as const) : (['tcp'] as const)

describe('two months of a gas office', () => {
  test.each(ways)(
    'battery meters are asked in their window only, again until they answer, and what they said is what the duty counts (%s)',
    { retry: 2 },
    async via => {
      const { meters, bus, host, driver, goesTo } = await town('2026-11-01T00:00', via)
      const [gas1, gas2] = [point('gas-1.total'), point('gas-2.total')]
      meters[1]!.manner = 'silent'

      await goesTo('2026-11-22T07:59')
      expect(bus.requests).toHaveLength(0)
      expect(driver.report?.().devices[0]?.learned.map(({ en }) => en)).toEqual([
        'It is read in its window, next on 22/11 at 08:00.',
      ])

      await goesTo('2026-11-22T08:00')
      await host.until('both told', () => host.of(gas1).length === 1 && host.of(gas2).length === 1)
      expect(host.last(gas1)).toMatchObject({ value: 1_021, at: at('2026-11-22T08:00') })
      expect(codeOf(host.last(gas2))).toBe('timeout')

      // Every hour, and only the one that is missing.
      for (const [index, hour] of ['09', '10', '11'].entries()) {
        await goesTo(`2026-11-22T${hour}:00`)
        await host.until('asked again', () => host.of(gas2).length === index + 2)
      }
      expect(host.of(gas1)).toHaveLength(1)
      meters[1]!.manner = 'normal'
      await goesTo('2026-11-22T12:00')
      await host.until('read', () => isGood(host.last(gas2)))

      const asked = bus.requests.length
      await goesTo('2026-12-22T07:59')
      expect(bus.requests).toHaveLength(asked)
      expect(host.readings).toHaveLength(6)

      // In December the second one is never heard: asked every hour of both days, and no value is made up for it.
      meters[1]!.manner = 'silent'
      for (let hour = 0; hour < 40; hour++) {
        await goesTo(new Date(at('2026-12-22T08:00') + hour * 3_600_000 + 8 * 3_600_000).toISOString().slice(0, 16))
        await host.until('asked', () => host.of(gas2).length === 6 + hour)
      }
      await goesTo('2026-12-26T00:00')
      expect(host.of(gas2)).toHaveLength(45)
      expect(host.of(gas2).filter(isGood)).toHaveLength(1)
      expect(host.of(gas1).map(({ value }) => value)).toEqual([1_021, 1_051])

      // All that ever went over the wires is "read data".
      expect(new Set(bus.requests.map(request => request[9]))).toEqual(new Set([0x01]))
      const verdicts = await judged(
        host.readings.filter(isGood).map(({ point: id, at: time, value }) => `${shown(time)}:00+08:00,${id},${value}`),
      )
      expect(verdicts).toEqual([
        // November: all read in the window. December: one is missing when the 23rd is over, and when the month is. Read by hand on New Year's
        // Day it ends what the window missed; January's own reading is still to come.
        '2026-12-24T00:00 alarm.raised sheet-1.entries.commercial-22nd GAS-4',
        '2027-01-01T00:00 alarm.raised sheet-1.entries.commercial-monthly GAS-1',
        // Forty days after its last word the meter itself is told as silent, and no longer once it was read.
        '2027-01-01T12:00 alarm.raised gas-2.total.silent GAS-5',
        '2027-01-01T13:00 alarm.cleared gas-2.total.silent',
        '2027-01-01T13:00 alarm.cleared sheet-1.entries.commercial-22nd',
      ])
    },
  )

  test('a line that breaks in a window spoils what is still to be read, and nothing else', async () => {
    const { meters, bus, host, goesTo } = await town('2026-11-22T07:00')
    meters[1]!.manner = 'silent'
    await goesTo('2026-11-22T08:00')
    await host.until('one read', () => isGood(host.last(point('gas-1.total'))) && host.of(point('gas-2.total')).length === 1)
    await bus.stop()
    await host.until('down', () => host.downs.length === 1)
    expect(codeOf(host.last(point('gas-1.total')))).toBe('good')
    expect(codeOf(host.last(point('gas-2.total')))).toBe('disconnected')
  })
})

/** The journal that these readings make under the gas pack, a hand reading of the missing meter on New Year's Day included. */
async function judged(readings: readonly string[]): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'meters-'))
  folders.push(folder)
  // The 22nd of November, 12:00, and forty days are the 1st of January, 12:00: an hour later nobody has read it yet.
  const rows = [...readings, '2027-01-01T13:00:00+08:00,gas-2.total,3100']
  const story =
    "title: { zh: 两个月, en: Two months }\nfrom: '2026-10-31T00:00:00+08:00'\nuntil: '2027-01-02T00:00:00+08:00'\nequipment: [sheet-1, gas-1, gas-2]\n"
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'site.yaml'), site)
  await writeFile(join(folder, 'story.yaml'), story)
  await writeFile(join(folder, 'readings.csv'), `timestamp,point,value\n${rows.join('\n')}\n`)
  const read = await readStory(folder)
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  const loaded = await loadSite(read.story.site, {}, protocols)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  const played = await play(read.story, loaded.site)
  if (!played.ok) throw new Error(JSON.stringify(played.problems))
  return played.entries.flatMap(entry => {
    const { rule, clause } = fieldsOf(entry)
    if (!/^alarm\.(raised|cleared)$/.test(entry.kind) || !/^(gas|sheet)-/.test(String(rule))) return []
    return [`${shown(entry.at)} ${entry.kind} ${String(rule)}${entry.kind === 'alarm.raised' ? ` ${String(clause)}` : ''}`]
  })
}
