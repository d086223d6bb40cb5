import { get } from 'sparkplug-payload'
import { describe, expect, test } from 'vitest'
import { instant } from '../../protocols/contract/time.ts'
import type { OwnWord } from '../../protocols/mqtt/own-words.ts'
import type { EdgeSteps } from '../../protocols/mqtt/sparkplug/edge.ts'
import { edgeLimits, SparkplugEdge } from '../../protocols/mqtt/sparkplug/edge.ts'
import { NodeFinder } from '../../protocols/mqtt/sparkplug/found-nodes.ts'
import { encodePayload } from '../../protocols/mqtt/sparkplug/encode.ts'
import { bad, fridge, good } from './own-site.ts'

const reference = get('spBv1.0')
if (!reference) throw new Error('The reference library does not know spBv1.0.')
const start = Date.parse('2026-03-02T08:00:00Z')
const now = instant(start)
const node = { group: 'school', edge: 'canteen' }

/** A word as the reference library reads it: kind, sequence number, and each metric with its name or alias and its value. */
const shown = ({ topic, payload }: OwnWord): string => {
  const { seq, metrics = [] } = reference.decodePayload(payload as Uint8Array)
  const said = (metrics ?? []).map(({ name, alias, value, isHistorical }) => {
    const who = name ?? `#${String(alias)}`
    return `${who}=${value === null ? 'null' : String(value)}${isHistorical ? ' (old)' : ''}`
  })
  return `${topic.split('/').slice(2).join('/')} ${seq === undefined || seq === null ? '-' : String(seq)}: ${said.join(', ')}`
}
const said = ({ words, leave }: EdgeSteps): string[] => [...words.map(shown), ...(leave ? ['leaves'] : [])]
const command = (metrics: Parameters<typeof encodePayload>[0]['metrics'], topic = 'spBv1.0/school/NCMD/canteen') => ({
  topic,
  payload: encodePayload({ timestamp: start, metrics }),
  replayed: false,
})
const rebirth = command([{ name: 'Node Control/Rebirth', timestamp: start, type: 'Boolean', value: true }])
const state = (online: boolean, timestamp: number) => ({
  topic: 'spBv1.0/STATE/scada',
  payload: Buffer.from(JSON.stringify({ online, timestamp })),
  replayed: true,
})

const nbirth = 'NBIRTH/canteen 0: bdSeq=3, Node Control/Rebirth=false, Properties/Site=Greenhill'
/** Connected, and presented. */
const running = (primaryHost?: string): SparkplugEdge => {
  const edge = new SparkplugEdge({ node, ...(primaryHost === undefined ? {} : { primaryHost }) })
  edge.farewell(3, now)
  edge.begin(now)
  return edge
}

describe('the gateway as a Sparkplug edge node', () => {
  test('is born before anything else, node first, with every metric and its last value (tck-id-payloads-nbirth-*)', () => {
    const edge = new SparkplugEdge({ node })
    expect(shown(edge.farewell(3, now))).toBe('NDEATH/canteen -: bdSeq=3')
    expect(said(edge.tell([good('temperature', 4, start)], now))).toEqual([])
    expect(said(edge.present(fridge, now))).toEqual([])

    expect(said(edge.begin(now))).toEqual([
      nbirth,
      'DBIRTH/canteen/cold-1 1: temperature=4, door=null, mode=null, energy=null',
      'DDATA/canteen/cold-1 2: #1=4 (old)',
    ])
  })

  test('says its death with QoS 1 and all else with QoS 0, and retains nothing (tck-id-payloads-ndeath-will-message-*)', () => {
    const edge = new SparkplugEdge({ node })
    const will = edge.farewell(0, now)
    edge.begin(now)
    const { words } = edge.present(fridge, now)

    expect([will.qos, will.retain]).toEqual([1, false])
    expect(words.map(({ qos, retain }) => [qos, retain])).toEqual(words.map(() => [0, false]))
  })

  test('says data by alias alone, a contact as a Boolean, a bad reading as null with its quality', () => {
    const edge = running()
    edge.present(fridge, now)

    expect(said(edge.tell([good('temperature', 4.5, start), good('door', 1, start), good('mode', 2, start)], now))).toEqual([
      'DDATA/canteen/cold-1 2: #1=4.5, #2=true, #3=2',
    ])
    const { words } = edge.tell([bad('temperature', start + 1)], now)
    expect(words.map(shown)).toEqual(['DDATA/canteen/cold-1 3: #1=null'])
    const [metric] = reference.decodePayload(words[0]?.payload as Uint8Array).metrics ?? []
    expect(metric?.properties).toEqual({ Quality: { type: 'Int32', value: 0 } })
  })

  test('marks what is older than the last word as historical', () => {
    const edge = running()
    edge.present(fridge, now)
    edge.tell([good('temperature', 5, start)], now)

    expect(said(edge.tell([good('temperature', 4, start - 60_000)], now))).toEqual(['DDATA/canteen/cold-1 3: #1=4 (old)'])
  })

  test('counts from 255 on to 0 (tck-id-payloads-sequence-num-always-included)', () => {
    const edge = running()
    edge.present(fridge, now)
    const numbers = Array.from({ length: 256 }, (_, at) => {
      const [word] = edge.tell([good('temperature', at, start + at)], now).words
      return Number(reference.decodePayload(word?.payload as Uint8Array).seq)
    })

    expect(numbers).toEqual([...Array.from({ length: 254 }, (_, at) => at + 2), 0, 1])
  })

  test('is born again with the same bdSeq when a host asks (tck-id-operational-behavior-data-commands-rebirth-*)', () => {
    const edge = running()
    edge.present(fridge, now)
    edge.tell([good('temperature', 5, start)], now)

    expect(said(edge.hear(rebirth, now))).toEqual([
      nbirth,
      'DBIRTH/canteen/cold-1 1: temperature=5, door=null, mode=null, energy=null',
    ])
  })

  test.each([
    ['a write to a metric of its own', command([{ name: 'temperature', timestamp: start, type: 'Double', value: 99 }])],
    ['a write by alias', command([{ alias: 1, timestamp: start, type: 'Double', value: 99 }])],
    [
      'a write to a device',
      command(
        [{ name: 'Node Control/Rebirth', timestamp: start, type: 'Boolean', value: true }],
        'spBv1.0/school/DCMD/canteen/cold-1',
      ),
    ],
    ['a rebirth that says false', command([{ name: 'Node Control/Rebirth', timestamp: start, type: 'Boolean', value: false }])],
    ['another command', command([{ name: 'Node Control/Reboot', timestamp: start, type: 'Boolean', value: true }])],
    ['nothing', command([])],
    ['bytes that are no payload', { topic: 'spBv1.0/school/NCMD/canteen', payload: Buffer.from('reboot'), replayed: false }],
    ['a command that was left lying about', { ...rebirth, replayed: true }],
  ])('refuses %s, and counts it', (_, message) => {
    const edge = running()
    edge.present(fridge, now)

    expect(said(edge.hear(message, now))).toEqual([])
    expect(edge.counts['refusedCommands']).toBe(1)
  })

  test('obeys a rebirth that comes along with a write, and counts the write as refused', () => {
    const edge = running()
    edge.present(fridge, now)
    const both = command([
      { name: 'Node Control/Rebirth', timestamp: start, type: 'Boolean', value: true },
      { name: 'temperature', timestamp: start, type: 'Double', value: 99 },
    ])

    expect(said(edge.hear(both, now))[1]).toBe('DBIRTH/canteen/cold-1 1: temperature=null, door=null, mode=null, energy=null')
    expect(edge.counts['refusedCommands']).toBe(1)
  })

  test('waits for its primary host, keeps readings, and says them as historical (tck-id-message-flow-edge-node-birth-publish-phid-wait)', () => {
    const edge = running('scada')
    expect(said(edge.present(fridge, now))).toEqual([])
    edge.tell([good('temperature', 4, start)], now)
    edge.tell([good('temperature', 5, start + 1_000)], now)

    expect(said(edge.hear(state(true, 100), now))).toEqual([
      nbirth,
      'DBIRTH/canteen/cold-1 1: temperature=5, door=null, mode=null, energy=null',
      'DDATA/canteen/cold-1 2: #1=4 (old), #1=5 (old)',
    ])
  })

  test('dies and leaves when the host goes offline (tck-id-operational-behavior-edge-node-termination-host-offline)', () => {
    const edge = running('scada')
    edge.present(fridge, now)
    edge.hear(state(true, 100), now)

    expect(said(edge.hear(state(false, 99), now))).toEqual([])
    expect(said(edge.hear(state(false, 100), now))).toEqual(['NDEATH/canteen -: bdSeq=3', 'leaves'])
    expect(said(edge.tell([good('temperature', 6, start)], now))).toEqual([])
    expect(edge.counts['kept']).toBe(1)
  })

  test('believes no word of the host that is older than the last, and no other host', () => {
    const edge = running('scada')
    edge.present(fridge, now)
    edge.hear(state(false, 200), now)

    expect(said(edge.hear(state(true, 150), now))).toEqual([])
    expect(said(edge.hear({ ...state(true, 300), topic: 'spBv1.0/STATE/other' }, now))).toEqual([])
    expect(said(edge.hear({ ...state(true, 0), topic: 'STATE/scada', payload: Buffer.from('ONLINE') }, now))[0]).toBe(nbirth)
  })

  test('keeps no more than its limit while nobody listens, the newest of it, and counts the loss', () => {
    const edge = new SparkplugEdge({ node })
    edge.present(fridge, now)
    for (let at = 0; at < edgeLimits.kept / 1_000 + 2; at++) {
      edge.tell(
        Array.from({ length: 1_000 }, (_, n) => good('temperature', at, start + at * 1_000 + n)),
        now,
      )
    }

    expect([edge.counts['kept'], edge.counts['shed']]).toEqual([edgeLimits.kept, 2_000])
    edge.farewell(3, now)
    const { words } = edge.begin(now)
    expect(words).toHaveLength(2 + edgeLimits.kept / edgeLimits.perMessage)
    expect(shown(words[2] as OwnWord)).toContain('#1=2 (old)')
  })

  test('an alias never comes to stand for another point when the site changes', () => {
    const edge = running()
    edge.present(fridge, now)
    edge.present({ ...fridge, points: fridge.points.toReversed().filter(({ key }) => key !== 'temperature') }, now)

    expect(said(edge.tell([good('door', 0, start)], now))).toEqual(['DDATA/canteen/cold-1 2: #2=false'])
    expect(said(edge.tell([good('temperature', 0, start)], now))).toEqual([])
  })

  test('is born with the unit of each point as the property engUnit, which a host finds again', () => {
    const edge = new SparkplugEdge({ node })
    edge.farewell(3, now)
    edge.present(fridge, now)
    const { words } = edge.begin(now)
    const birth = words.find(({ topic }) => topic.includes('/DBIRTH/')) as OwnWord

    const { metrics } = reference.decodePayload(birth.payload as Uint8Array)
    expect(metrics?.map(({ name, properties }) => [name, properties?.['engUnit']])).toEqual([
      ['temperature', { type: 'String', value: '°C' }],
      ['door', undefined],
      ['mode', undefined],
      ['energy', { type: 'String', value: 'kWh' }],
    ])

    const finder = new NodeFinder(false, () => now)
    finder.hear({ topic: birth.topic, payload: birth.payload as Uint8Array, replayed: false }, undefined)
    expect(finder.found().flatMap(({ points }) => points.map(({ name, unit, settings }) => [name, unit, settings]))).toEqual([
      ['temperature', '°C', { metric: 'temperature', unit: '°C' }],
      ['door', undefined, { metric: 'door' }],
      ['mode', undefined, { metric: 'mode' }],
      ['energy', 'kWh', { metric: 'energy', unit: 'kWh' }],
    ])
  })

  test.each([
    ['a unit that is a number', { engUnit: { type: 'Int32', value: 7 } }],
    ['an empty unit', { engUnit: { type: 'String', value: ' ' } }],
    ['a unit as long as a book', { engUnit: { type: 'String', value: 'm'.repeat(5_000) } }],
    ['another property', { engHigh: { type: 'String', value: '°C' } }],
  ] as const)('a host makes nothing of %s', (_, properties) => {
    const payload = reference.encodePayload({
      timestamp: start,
      seq: 0,
      metrics: [{ name: 't', type: 'Double', value: 1, properties }],
    })
    const finder = new NodeFinder(false, () => now)
    finder.hear({ topic: 'spBv1.0/school/DBIRTH/canteen/cold', payload, replayed: false }, undefined)
    expect(finder.found()[0]?.points).toEqual([{ settings: { metric: 't' }, name: 't', value: 1, raw: 'Double' }])
  })

  test('says goodbye once, and nothing after it', () => {
    const edge = running()
    edge.present(fridge, now)

    expect(edge.goodbye(now).map(shown)).toEqual(['NDEATH/canteen -: bdSeq=3'])
    expect(edge.goodbye(now)).toEqual([])
    expect(said(edge.hear(rebirth, now))).toEqual([])
  })
})
