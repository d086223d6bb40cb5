import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant } from '../../protocols/contract/time.ts'
import type { Message } from '../../protocols/mqtt/mapping.ts'
import { parsePoint } from '../../protocols/mqtt/points.ts'
import type { OutMetric } from '../../protocols/mqtt/sparkplug/encode.ts'
import { encodePayload } from '../../protocols/mqtt/sparkplug/encode.ts'
import type { HostSteps } from '../../protocols/mqtt/sparkplug/host.ts'
import { reorderWithin, SparkplugHost } from '../../protocols/mqtt/sparkplug/host.ts'
import { HostRole } from '../../protocols/mqtt/sparkplug/host-role.ts'
import type { MetricPoint } from '../../protocols/mqtt/sparkplug/metric-point.ts'
import type { SparkplugTopic } from '../../protocols/mqtt/sparkplug/topic.ts'
import { binding, codeOf, Gateway } from './kit.ts'

const start = Date.parse('2026-03-02T08:00:00Z')

const metricPoint = (point: string, settings: Record<string, unknown>): MetricPoint => {
  const parsed = parsePoint(binding(point, settings, { sparkplug: 'plant/e1/d1' }), [])
  if (parsed.from !== 'sparkplug') throw new Error('no metric')
  return parsed
}
const temperature = metricPoint('cold-1.temperature', { metric: 'temp' })
const door = metricPoint('cold-1.door', { metric: 'door' })
const load = metricPoint('node-1.load', { metric: 'load', sparkplug: 'plant/e1' })

interface Say {
  readonly seq?: number
  readonly bdSeq?: number
  readonly metrics?: readonly Partial<OutMetric>[]
}
/** A plant that says something, and a host that hears it a second later. */
class Plant {
  readonly host: SparkplugHost
  now = start

  constructor(points: readonly MetricPoint[] = [temperature, door, load]) {
    this.host = new SparkplugHost(points)
  }

  says(kind: SparkplugTopic['kind'], { seq, bdSeq, metrics = [] }: Say, device = 'd1', replayed = false): string[] {
    this.now += 1_000
    const all = [...(bdSeq === undefined ? [] : [{ name: 'bdSeq', type: 'Int64', value: bdSeq }]), ...metrics].map(metric => ({
      type: 'Double',
      timestamp: this.now,
      value: null,
      ...metric,
    })) as OutMetric[]
    const payload = encodePayload({ timestamp: this.now, metrics: all, ...(seq === undefined ? {} : { seq }) })
    return this.hears({ topic: `spBv1.0/plant/${kind}/e1${kind.startsWith('D') ? `/${device}` : ''}`, payload, replayed })
  }

  hears(message: Message): string[] {
    return shown(this.host.hear(message, this.moment))
  }

  passes(ms: number): string[] {
    this.now += ms
    return shown(this.host.tick(this.moment))
  }

  /** Node and device born: `temp` is alias 1, `door` alias 2. */
  isBorn(seq = 0): void {
    this.says('NBIRTH', { seq, bdSeq: 4, metrics: [{ name: 'load', alias: 9, value: 1 }] })
    this.says('DBIRTH', { seq: seq + 1, metrics: born })
  }

  get moment(): { clock: ReturnType<typeof instant>; wall: ReturnType<typeof instant> } {
    return { clock: instant(this.now), wall: instant(this.now) }
  }
}
const born: readonly Partial<OutMetric>[] = [
  { name: 'temp', alias: 1, value: 4 },
  { name: 'door', alias: 2, type: 'Boolean', value: false },
]
const shown = ({ readings, rebirths }: HostSteps): string[] => [
  ...readings.map(reading => `${reading.point} ${reading.quality === 'good' ? reading.value : codeOf(reading)}`),
  ...rebirths.map(({ group, edge }) => `rebirth ${group}/${edge}`),
]

describe('a Sparkplug host', () => {
  test('reads births by name and data by alias (tck-id-payloads-alias-data-cmd-requirement)', () => {
    const plant = new Plant()

    expect(plant.says('NBIRTH', { seq: 0, bdSeq: 0, metrics: [{ name: 'load', alias: 9, value: 0.5 }] })).toEqual([
      'node-1.load 0.5',
    ])
    expect(plant.says('DBIRTH', { seq: 1, metrics: born })).toEqual(['cold-1.temperature 4', 'cold-1.door 0'])
    expect(plant.says('DDATA', { seq: 2, metrics: [{ alias: 1, value: 4.5 }] })).toEqual(['cold-1.temperature 4.5'])
    expect(plant.says('NDATA', { seq: 3, metrics: [{ alias: 9, value: 0.6 }] })).toEqual(['node-1.load 0.6'])
    expect(plant.says('DDATA', { seq: 4, metrics: [{ name: 'temp', value: 5 }] })).toEqual(['cold-1.temperature 5'])
  })

  test('says which bound metric a birth does not name', () => {
    const plant = new Plant()
    plant.says('NBIRTH', { seq: 0, bdSeq: 0, metrics: [{ name: 'load', value: 1 }] })

    expect(plant.says('DBIRTH', { seq: 1, metrics: born.slice(0, 1) })).toEqual([
      'cold-1.temperature 4',
      'cold-1.door no-such-address',
    ])
  })

  test('asks who was never born to be born, once in ten seconds, and takes no value until then', () => {
    const plant = new Plant()

    expect(plant.says('DDATA', { seq: 7, metrics: [{ name: 'temp', value: 4 }] })).toEqual(['rebirth plant/e1'])
    expect(plant.says('DDATA', { seq: 8, metrics: [{ name: 'temp', value: 4 }] })).toEqual([])
    plant.now += 9_000
    expect(plant.says('DBIRTH', { seq: 9, metrics: born })).toEqual(['rebirth plant/e1'])
  })

  test('counts from 255 on to 0', () => {
    const plant = new Plant()
    plant.isBorn(254)

    expect(plant.says('DDATA', { seq: 0, metrics: [{ alias: 1, value: 5 }] })).toEqual(['cold-1.temperature 5'])
  })

  test('waits for a message that is late, and then takes all in their order', () => {
    const plant = new Plant()
    plant.isBorn()

    expect(plant.says('DDATA', { seq: 4, metrics: [{ alias: 1, value: 7 }] })).toEqual([])
    expect(plant.says('DDATA', { seq: 3, metrics: [{ alias: 1, value: 6 }] })).toEqual([])
    expect(plant.says('DDATA', { seq: 2, metrics: [{ alias: 1, value: 5 }] })).toEqual([
      'cold-1.temperature 5',
      'cold-1.temperature 6',
      'cold-1.temperature 7',
    ])
    expect(plant.host.nextWake).toBeUndefined()
  })

  test('gives a lost message up after the reorder time, and throws away what came after it', () => {
    const plant = new Plant()
    plant.isBorn()
    plant.says('DDATA', { seq: 3, metrics: [{ alias: 1, value: 6 }] })

    expect(plant.host.nextWake).toBe(plant.now + reorderWithin)
    expect(plant.passes(reorderWithin)).toEqual(['rebirth plant/e1'])
    expect(plant.says('DDATA', { seq: 4, metrics: [{ alias: 1, value: 7 }] })).toEqual([])
    expect(plant.says('NBIRTH', { seq: 0, bdSeq: 4 })).toEqual(['node-1.load no-such-address'])
  })

  test('holds everything of the node bad when it dies, at its own time (tck-id-operational-behavior-edge-node-ndeath-handling)', () => {
    const plant = new Plant()
    plant.isBorn()

    expect(plant.says('NDEATH', { bdSeq: 4 })).toEqual([
      'cold-1.temperature device-silent',
      'cold-1.door device-silent',
      'node-1.load device-silent',
    ])
    expect(plant.says('DDATA', { seq: 2, metrics: [{ alias: 1, value: 7 }] })).toEqual(['rebirth plant/e1'])
  })

  test('does not believe the death of an earlier connection, also while a rebirth is awaited', () => {
    const plant = new Plant()
    plant.isBorn()

    expect(plant.says('NDEATH', { bdSeq: 3 })).toEqual([])
    plant.says('DDATA', { seq: 9, metrics: [] })
    plant.passes(reorderWithin)
    expect(plant.says('NDEATH', { bdSeq: 3 })).toEqual([])
    expect(plant.says('NDEATH', { bdSeq: 4 })).toHaveLength(3)
    expect(plant.host.counts['oldDeaths']).toBe(2)
  })

  test('holds a dead device bad and the rest of its node good', () => {
    const plant = new Plant()
    plant.isBorn()

    expect(plant.says('DDEATH', { seq: 2 })).toEqual(['cold-1.temperature device-silent', 'cold-1.door device-silent'])
    expect(plant.says('NDATA', { seq: 3, metrics: [{ alias: 9, value: 3 }] })).toEqual(['node-1.load 3'])
    expect(plant.says('DDATA', { seq: 4, metrics: [{ alias: 1, value: 3 }] })).toEqual(['rebirth plant/e1'])
  })

  test('never takes an alias for what it stood for before the last birth', () => {
    const plant = new Plant()
    plant.isBorn()

    plant.says('NBIRTH', { seq: 0, bdSeq: 4 })
    plant.says('DBIRTH', {
      seq: 1,
      metrics: [
        { name: 'door', alias: 1, type: 'Boolean', value: true },
        { name: 'temp', alias: 2, value: 4 },
      ],
    })

    expect(plant.says('DDATA', { seq: 2, metrics: [{ alias: 1, type: 'Boolean', value: false }] })).toEqual(['cold-1.door 0'])
  })

  test('takes an alias that two metrics claim for neither', () => {
    const plant = new Plant()
    plant.says('NBIRTH', { seq: 0, bdSeq: 0, metrics: [{ name: 'load', alias: 1, value: 1 }] })
    plant.says('DBIRTH', { seq: 1, metrics: born })

    expect(plant.says('DDATA', { seq: 2, metrics: [{ alias: 1, value: 6 }] })).toEqual([
      'node-1.load garbled',
      'cold-1.temperature garbled',
    ])
  })

  test('takes nothing from another device under an alias that is not its own', () => {
    const plant = new Plant()
    plant.isBorn()
    plant.says('DBIRTH', { seq: 2, metrics: [{ name: 'temp', alias: 5, value: 1 }] }, 'd2')

    expect(plant.says('DDATA', { seq: 3, metrics: [{ alias: 1, value: 6 }] }, 'd2')).toEqual(['rebirth plant/e1'])
  })

  test('a sudden change of type, a null, a bad quality and a clock never set are faults', () => {
    const plant = new Plant()
    plant.isBorn()

    expect(plant.says('DDATA', { seq: 2, metrics: [{ alias: 1, type: 'Int32', value: 6 }] })).toEqual([
      'cold-1.temperature garbled',
    ])
    expect(plant.says('DDATA', { seq: 3, metrics: [{ alias: 1, value: null }] })).toEqual(['cold-1.temperature not-a-number'])
    expect(plant.says('DDATA', { seq: 4, metrics: [{ alias: 1, value: 6, quality: 500 }] })).toEqual([
      'cold-1.temperature device-reported',
    ])
    expect(plant.says('DDATA', { seq: 5, metrics: [{ alias: 1, value: 6, quality: 64 }] })).toEqual([
      'cold-1.temperature uncertain',
    ])
    expect(plant.says('DDATA', { seq: 6, metrics: [{ alias: 1, value: 6, timestamp: 1_000 }] })).toEqual([
      'cold-1.temperature garbled',
    ])
  })

  test('a historical metric keeps its own time', () => {
    const plant = new Plant()
    plant.isBorn()
    const then = plant.now - 3_600_000
    const payload = encodePayload({
      timestamp: plant.now,
      seq: 2,
      metrics: [{ alias: 1, timestamp: then, isHistorical: true, type: 'Double', value: 9 }],
    })

    const { readings } = plant.host.hear({ topic: 'spBv1.0/plant/DDATA/e1/d1', payload, replayed: false }, plant.moment)

    expect(readings).toMatchObject([{ value: 9, quality: 'good', at: then, receivedAt: plant.now }])
  })

  test('bytes that are no payload spoil what they speak of, and the node has to be born again', () => {
    const plant = new Plant()
    plant.isBorn()

    const garbage = { topic: 'spBv1.0/plant/DDATA/e1/d1', payload: Buffer.from('warm'), replayed: false }
    expect(plant.hears(garbage)).toEqual(['cold-1.temperature garbled', 'cold-1.door garbled', 'rebirth plant/e1'])
    expect(plant.says('DDATA', { seq: 2, metrics: [{ alias: 1, value: 6 }] })).toEqual([])
  })

  test('a retained birth is of nobody knows when, and a command concerns nobody (tck-id-payloads-nbirth-retain)', () => {
    const plant = new Plant()

    expect(plant.says('NBIRTH', { seq: 0, bdSeq: 1, metrics: [{ name: 'load', value: 1 }] }, '', true)).toEqual([])
    expect(plant.says('NCMD', { metrics: [{ name: 'load', value: 1 }] })).toEqual([])
    expect(plant.hears({ topic: 'spBv1.0/other/NBIRTH/e1', payload: Buffer.alloc(0), replayed: false })).toEqual([])
  })

  test('forgets aliases and asks for births whenever the line is new', () => {
    const plant = new Plant()
    plant.isBorn()

    expect(shown(plant.host.begin(plant.moment))).toEqual(['rebirth plant/e1'])
    expect(plant.says('DDATA', { seq: 2, metrics: [{ alias: 1, value: 6 }] })).toEqual([])
  })
})

test('a filter that the broker refuses is named as the cause at the points behind it, and at no others', () => {
  const gateway = new Gateway()
  const other = metricPoint('cold-2.temperature', { metric: 'temp', sparkplug: 'plant/e10/d1' })
  const role = new HostRole({ host: gateway, points: [temperature, load, other] })

  role.refused('spBv1.0/plant/+/e1/+')

  expect(gateway.readings.map(reading => `${reading.point} ${codeOf(reading)}`)).toEqual([
    'cold-1.temperature refused',
    'node-1.load refused',
  ])
  expect(role.farewell).toBeUndefined()
})

/** An edge node that reuses aliases as badly as it may, on a line that loses, repeats and shuffles. */
const metricNames = ['a', 'b', 'c', 'load'] as const
const codes = new Map(metricNames.map((name, index) => [name as string, index + 1]))
type Event = { readonly does: 'nbirth' | 'dbirth' | 'ndeath' | 'ddeath' | 'data' | 'session'; readonly shift: number }
const events: fc.Arbitrary<Event[]> = fc.array(
  fc.record({
    does: fc.constantFrom('nbirth', 'dbirth', 'dbirth', 'ndeath', 'ddeath', 'data', 'data', 'data', 'session'),
    shift: fc.nat(3),
  }),
  { maxLength: 60 },
)

test('whatever is lost, late or twice, a good value is never under a wrong name', () => {
  const points = ['a', 'b', 'c'].map(name => metricPoint(`cold-1.${name}`, { metric: name })).concat(load)
  fc.assert(
    fc.property(
      events,
      fc.array(fc.record({ lost: fc.boolean(), late: fc.nat(4), wait: fc.nat(4_000) }), { minLength: 60, maxLength: 200 }),
      (story, fate) => {
        const sent: { message: Message; sure: boolean }[] = []
        let bdSeq = 0
        let seq = 0
        let aliases = new Map<string, number>()
        const say = (kind: SparkplugTopic['kind'], metrics: OutMetric[], sure = false): void => {
          const payload = encodePayload({ timestamp: start, metrics, ...(kind === 'NDEATH' ? {} : { seq }) })
          if (kind !== 'NDEATH') seq = (seq + 1) % 256
          sent.push({
            sure,
            message: { topic: `spBv1.0/plant/${kind}/e1${kind.startsWith('D') ? '/d1' : ''}`, payload, replayed: false },
          })
        }
        const valueOf = (name: string): OutMetric => ({
          name,
          alias: aliases.get(name) ?? 0,
          timestamp: start,
          type: 'Double',
          value: codes.get(name) ?? 0,
        })
        const session = (): OutMetric => ({ name: 'bdSeq', timestamp: start, type: 'Int64', value: bdSeq })
        for (const { does, shift } of story) {
          const rename = (): void => {
            aliases = new Map(metricNames.map((name, index) => [name, (index + shift) % metricNames.length]))
          }
          if (does === 'session') {
            // A last will is said with QoS 1: it may be late, and is never lost.
            say('NDEATH', [session()], true)
            bdSeq = (bdSeq + 1) % 256
            rename()
            say('NBIRTH', [session(), valueOf('load')])
            say('DBIRTH', ['a', 'b', 'c'].map(valueOf))
          } else if (does === 'nbirth') {
            rename()
            say('NBIRTH', [session(), valueOf('load')])
            say('DBIRTH', ['a', 'b', 'c'].map(valueOf))
          } else if (does === 'dbirth') {
            const [a = 0, b = 0, c = 0] = ['a', 'b', 'c'].map(name => aliases.get(name))
            aliases = new Map([...aliases, ['a', b], ['b', c], ['c', a]])
            say('DBIRTH', ['a', 'b', 'c'].map(valueOf))
          } else if (does === 'ndeath') say('NDEATH', [session()], true)
          else if (does === 'ddeath') say('DDEATH', [])
          else {
            const name = metricNames[shift] ?? 'a'
            const { name: _name, ...byAlias } = valueOf(name)
            say(name === 'load' ? 'NDATA' : 'DDATA', [byAlias as OutMetric])
          }
        }
        const arriving = sent
          .flatMap(({ message, sure }, index) => {
            const { lost = false, late = 0, wait = 0 } = fate[index % fate.length] ?? {}
            return lost && !sure && index % 3 === 0 ? [] : [{ message, wait, place: index + (sure ? 0 : late) }]
          })
          .toSorted((a, b) => a.place - b.place)
        const plant = new Plant(points)
        plant.host.begin(plant.moment)
        for (const { message, wait } of arriving) {
          plant.now += wait
          const steps = [plant.host.tick(plant.moment), plant.host.hear(message, plant.moment)]
          for (const reading of steps.flatMap(({ readings }) => readings)) {
            if (reading.quality !== 'bad') expect(reading.value).toBe(codes.get(reading.point.split('.')[1] ?? ''))
          }
        }
      },
    ),
    { numRuns: 3_000 },
  )
})
