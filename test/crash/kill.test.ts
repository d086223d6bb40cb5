import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Client } from './client.ts'
import type { Pushed, Screen, ShownAlarm, ShownEntry } from './client.ts'
import { Device } from './device.ts'
import { cabinet, Ground, pushedSite } from './ground.ts'
import type { Running } from './ground.ts'

/**
 * The gateway is killed in the middle of its work, again and again, while a client pushes readings, watches alarms and acknowledges
 * them. The client writes down only what it was answered; after every restart all of that must be there, once, unaltered.
 */
const kills = 26
const cabinets = 6
const step = 10 * 60_000
const base = Math.floor((Date.now() - 26 * 86_400_000) / 60_000) * 60_000

let ground: Ground
let device: Device
let client: Client
beforeAll(async () => {
  device = await new Device().start()
  const bus = `  bus: { protocol: modbus-tcp, host: 127.0.0.1, port: ${device.port}, every: 200ms, timeout: 500ms }`
  const wired = cabinet('bus-1', 'bus', 'unit: 1', '{ table: holding, register: 0, type: uint16, scale: 0.1 }')
  const meter = `
      meter-1:
        type: gas-meter
        name: Meter
        connection: push
        points: { total: {} }
`
  ground = await Ground.with(pushedSite(cabinets, bus) + wired + meter)
})
afterAll(async () => {
  await ground?.remove()
  await device?.stop()
})

/** What the client may rely on, and what it does not know because the answer never came. */
class Notebook {
  /** Confirmed with 204: point, time, value. */
  readonly readings = new Map<string, Map<number, number>>()
  readonly unanswered: Pushed[][] = []
  readonly acknowledged = new Map<string, string>()
  readonly seen = new Map<
    string,
    { readonly id: string; readonly rule: string; readonly raisedAt: number; readonly times: number }
  >()
  readonly #places = new Map<string, number>()

  place(point: string): number {
    const place = this.#places.get(point) ?? 0
    this.#places.set(point, place + 1)
    return place
  }

  confirm(batch: readonly Pushed[]): void {
    for (const { point, t, v } of batch) {
      const known = this.readings.get(point) ?? new Map<number, number>()
      known.set(Number(t), Number(v))
      this.readings.set(point, known)
    }
  }

  see({ id, rule, raisedAt, times }: { id: string; rule: string; raisedAt: number | string; times: number }): void {
    this.seen.set(`${id} ${times}`, { id, rule, times, raisedAt: Number(new Date(raisedAt)) })
  }
}

/** Works against the gateway until it is gone. Everything that throws here is the connection that broke. */
async function work(notes: Notebook, isOver: () => boolean): Promise<void> {
  const push = async (batch: Pushed[]): Promise<void> => {
    if (!notes.unanswered.includes(batch)) notes.unanswered.push(batch)
    const { status } = await client.push(batch)
    expect(status).toBe(204)
    notes.unanswered.splice(notes.unanswered.indexOf(batch), 1)
    notes.confirm(batch)
  }
  const forever = async (act: () => Promise<unknown>, rest: number): Promise<void> => {
    while (!isOver()) {
      await act()
      await pause(rest)
    }
  }
  // What is not sent again before the next kill stays unanswered.
  const again = [...notes.unanswered]
  const lanes = [
    // What got no answer is sent again, as it was: it may be there already.
    (async () => {
      for (const batch of again) await push(batch)
    })(),
    forever(async () => {
      const first = notes.place('meter-1.total')
      const batch = Array.from({ length: 10 }, (_, index) => first * 10 + index)
      await push(batch.map(number => ({ point: 'meter-1.total', t: base + number * 1_000, v: number / 100 })))
    }, 2),
    forever(async () => {
      const all = Array.from({ length: cabinets }, (_, index) => `cold-${index + 1}.temperature`)
      await push(
        all.map((point, index) => {
          const place = notes.place(point)
          // Warm for forty minutes, cold for thirty; every cabinet at another moment.
          return { point, t: base + place * step, v: (place + index) % 7 < 4 ? 9.5 : 3.5 }
        }),
      )
    }, 15),
    forever(async () => {
      const open = await client.openAlarms()
      for (const alarm of open) if (alarm.recorded) notes.see(alarm)
      const one = open.findLast(alarm => alarm.state === 'unacknowledged' || alarm.state === 'returned-unacknowledged')
      if (!one) return
      const comment = `${one.id} seen ${notes.acknowledged.size}`
      const { status } = await client.acknowledge(one.id, comment)
      if (status === 200) notes.acknowledged.set(one.id, comment)
    }, 5),
  ]
  const results = await Promise.allSettled(lanes)
  for (const { reason } of results.filter(result => result.status === 'rejected')) {
    if (!(reason instanceof TypeError)) throw reason
  }
}

async function check(notes: Notebook): Promise<void> {
  const until = Date.now() + 60_000
  for (const [point, promised] of notes.readings) {
    const found = await client.readings(point, base, until)
    const times = found.map(({ t }) => Date.parse(t))
    expect(new Set(times).size, `${point} twice`).toBe(times.length)
    const values = new Map(found.map(({ t, v }) => [Date.parse(t), v]))
    for (const [t, v] of promised) if (values.get(t) !== v) expect.fail(`${point} ${t}: ${values.get(t)} and not ${v}`)
    const unsure = new Set(notes.unanswered.flat().map(reading => `${reading.point} ${reading.t}`))
    for (const t of times) if (!promised.has(t) && !unsure.has(`${point} ${t}`)) expect.fail(`${point} ${t} was never sent`)
  }

  const journal = await client.journal()
  checkJournal(journal)
  const raised = new Map<string, Record<string, unknown>>()
  const rules = new Map<string, unknown>()
  for (const { kind, about, data } of journal) {
    if (kind !== 'alarm.raised') continue
    const alarm = data['alarm'] as Record<string, unknown>
    if (rules.get(String(about)) !== undefined && rules.get(String(about)) !== alarm['rule'])
      expect.fail(`${about} is two alarms`)
    rules.set(String(about), alarm['rule'])
    if (raised.has(`${about} ${String(alarm['times'])}`)) expect.fail(`${about} was raised twice alike`)
    raised.set(`${about} ${String(alarm['times'])}`, alarm)
  }
  for (const [key, alarm] of notes.seen) {
    const { rule, raisedAt } = alarm
    expect(raised.get(key), key).toMatchObject({ rule, raisedAt })
  }
  const answers = new Map(
    journal.filter(({ kind }) => kind === 'alarm.acknowledged').map(({ about, data }) => [about, data['comment']]),
  )
  for (const [id, comment] of notes.acknowledged) expect(answers.get(id), id).toBe(comment)
  // One alarm a rule, and none that was answered asks to be answered again.
  const open = await client.openAlarms()
  expect(new Set(open.map(({ rule }) => rule)).size).toBe(open.length)
  for (const { id, state } of open) if (notes.acknowledged.has(id)) expect(state, id).toBe('acknowledged')
  checkOpen(open, journal)
}

/** What is open is what the journal's last word about each alarm says. */
function checkOpen(open: readonly ShownAlarm[], journal: readonly ShownEntry[]): void {
  const last = new Map<string, unknown>()
  for (const { kind, about, data } of journal) {
    if (kind.startsWith('alarm.') && about !== undefined) last.set(about, (data['alarm'] as Record<string, unknown>)['state'])
  }
  const recorded = [...last].filter(([, state]) => state !== 'normal').toSorted()
  expect(open.map(({ id, state }) => [id, state]).toSorted()).toEqual(recorded)
}

/** RFC 9162 leaf over sorted JSON, in words of our own. */
function checkJournal(journal: readonly ShownEntry[]): void {
  journal.forEach((entry, index) => {
    if (entry.seq !== index + 1) expect.fail(`entry ${entry.seq} stands in place ${index + 1}`)
    const { leaf, at, writtenAt, ...rest } = entry
    const json = JSON.stringify(ordered({ ...rest, at: Date.parse(at), writtenAt: Date.parse(writtenAt) }))
    const mine = createHash('sha256')
      .update(Buffer.concat([Buffer.of(0), Buffer.from(json)]))
      .digest('hex')
    if (mine !== leaf) expect.fail(`entry ${entry.seq} (${entry.kind}) is not what its leaf says`)
  })
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map(key => [key, ordered((value as Record<string, unknown>)[key])]),
  )
}

test(`what was promised outlives ${kills} kills`, { timeout: 400_000 }, async () => {
  const notes = new Notebook()
  const starts: number[] = []
  let random = 20_261_122
  let gateway: Running = await ground.start()
  client = await Client.signIn(gateway.address)
  for (let kill = 0; kill < kills; kill++) {
    let isOver = false
    const screen: Screen = await client.watch()
    const working = work(notes, () => isOver)
    random = (random * 1_103_515_245 + 12_345) % 2 ** 31
    await pause(100 + (Math.floor(random / 65_536) % 600))
    // What the live channel said was on disk by then.
    for (const alarm of screen.alarms) if (alarm.recorded && alarm.state !== 'normal') notes.see(alarm)
    await gateway.kill()
    isOver = true
    await working
    screen.close()

    gateway = await ground.start()
    starts.push(gateway.startedIn)
    expect(gateway.said()).not.toContain('damaged')
    await check(notes)
  }
  const promised = [...notes.readings.values()].reduce((sum, { size }) => sum + size, 0)
  console.log(
    `${kills} kills: ${promised} readings, ${notes.seen.size} alarms seen, ${notes.acknowledged.size} acknowledged; ` +
      `start to ready ${Math.round(Math.max(...starts))} ms at most`,
  )
  expect(promised).toBeGreaterThan(kills * 20)
  expect(notes.seen.size).toBeGreaterThan(kills / 2)
  expect(notes.acknowledged.size).toBeGreaterThan(kills / 2)
  const median = starts.toSorted((a, b) => a - b)[Math.floor(starts.length / 2)] ?? Infinity
  expect(median).toBeLessThan(5_000)
  const bus = await client.readings('bus-1.temperature', Date.now() - 600_000, Date.now())
  const heard = bus.filter(({ q }) => q === 'good')
  expect(heard.length).toBeGreaterThan(kills)
  expect(heard.every(({ v }) => v === 4.2)).toBe(true)
})
