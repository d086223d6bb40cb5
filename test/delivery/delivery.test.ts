import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SMTPServer } from 'smtp-server'
import { describe, expect, onTestFinished, test } from 'vitest'
import { days, hours, instant } from '../../protocols/contract/time.ts'
import { Deliveries } from '../../gateway/delivery/deliveries.ts'
import { intoFolder } from '../../gateway/delivery/into-folder.ts'
import { periodOf } from '../../gateway/delivery/period.ts'
import { deliveryPeriods } from '../../gateway/delivery/settings.ts'
import type { DeliverySettings } from '../../gateway/delivery/settings.ts'
import type { Channel } from '../../gateway/notify/channel.ts'
import { smtpKind } from '../../gateway/notify/channels/smtp.ts'
import { LogDesk } from '../../gateway/report/log-desk.ts'
import { paperSiteOf } from '../../gateway/report/source.ts'
import { lastTime, nextTime, parsePattern } from '../../gateway/schedule.ts'
import type { Decide } from '../../gateway/turn.ts'
import { site } from '../api/house.ts'
import { FakeClock } from '../kit/fake-clock.ts'
import { emptyFolder, opened, wall } from '../store/folder.ts'

const zone = 'Asia/Shanghai'
const at = (text: string) => instant(Date.parse(text))

describe('the period of a delivery', () => {
  const iso = (period: (typeof deliveryPeriods)[number], due: string, of = zone) => {
    const { from, to } = periodOf(period, at(due), of)
    return [new Date(from).toISOString(), new Date(to).toISOString()]
  }
  test.each([
    ['yesterday', '2026-11-22T07:00+08:00', '2026-11-20T16:00:00.000Z', '2026-11-21T16:00:00.000Z'],
    ['last-week', '2026-11-22T07:00+08:00', '2026-11-08T16:00:00.000Z', '2026-11-15T16:00:00.000Z'],
    ['last-week', '2026-11-23T00:00+08:00', '2026-11-15T16:00:00.000Z', '2026-11-22T16:00:00.000Z'],
    ['last-month', '2026-11-01T00:00+08:00', '2026-09-30T16:00:00.000Z', '2026-10-31T16:00:00.000Z'],
    ['last-month', '2026-01-31T07:00+08:00', '2025-11-30T16:00:00.000Z', '2025-12-31T16:00:00.000Z'],
    ['last-quarter', '2026-02-01T07:00+08:00', '2025-09-30T16:00:00.000Z', '2025-12-31T16:00:00.000Z'],
    ['last-year', '2026-06-01T07:00+08:00', '2024-12-31T16:00:00.000Z', '2025-12-31T16:00:00.000Z'],
  ] as const)('%s of %s', (period, due, from, to) => {
    expect(iso(period, due)).toEqual([from, to])
  })

  test('counts the days of a place with summer time', () => {
    const { from, to } = periodOf('yesterday', at('2026-03-30T07:00:00+02:00'), 'Europe/Berlin')
    expect(to - from).toBe(hours(23))
  })
})

describe('a schedule', () => {
  test.each([
    ['daily', '0 6 * * *'],
    ['0 3 * * *', '0 3 * * *'],
    ['0 9 L * *', '0 9 L * *'],
    ['0 0 30 2 *', undefined],
    ['* * * * * *', undefined],
    ['61 * * * *', undefined],
    [7, undefined],
    ['constructor', undefined],
  ])('%j is %j', (text, pattern) => expect(parsePattern(text)).toBe(pattern))

  test('comes at its hour of the place, also when the clocks change', () => {
    const next = (text: string) => new Date(nextTime('30 2 * * *', 'Europe/Berlin', at(text)) ?? 0).toISOString()
    expect(next('2026-03-28T12:00Z')).toBe('2026-03-29T01:00:00.000Z')
    expect(next('2026-10-24T12:00Z')).toBe('2026-10-25T00:30:00.000Z')
    const due = at('2026-11-21T19:00Z')
    expect(nextTime('0 3 * * *', zone, due)).toBe(due + days(1))
    expect(lastTime('0 3 * * *', zone, due)).toBe(due)
    expect(lastTime('0 3 * * *', zone, instant(due - 1))).toBe(due - days(1))
  })
})

describe('into a folder', () => {
  test('a file comes whole under its name, never over another', async () => {
    const [source, folder] = [emptyFolder(), emptyFolder()]
    const file = join(source, 'x')
    writeFileSync(file, 'one')
    expect(await intoFolder(file, { folder, name: 'log.pdf' })).toBe('log.pdf')
    expect(await intoFolder(file, { folder, name: 'log.pdf' })).toBe('log.pdf')
    writeFileSync(file, 'two')
    expect(await intoFolder(file, { folder, name: 'log.pdf' })).toBe('log-2.pdf')
    expect(readdirSync(folder).toSorted()).toEqual(['log-2.pdf', 'log.pdf'])
    expect(readFileSync(join(folder, 'log.pdf'), 'utf8')).toBe('one')
  })

  test('that is not there nothing is made', async () => {
    const missing = join(emptyFolder(), 'share')
    await expect(intoFolder('/etc/hostname', { folder: missing, name: 'a' })).rejects.toThrow('ENOENT')
    expect(existsSync(missing)).toBe(false)
  })
})

/** A mail server that really receives. */
async function mailServer(refuse: (count: number) => boolean = () => false) {
  const mails: { to: string[]; text: string }[] = []
  let count = 0
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, session, done) {
      const pieces: Buffer[] = []
      stream.on('data', piece => pieces.push(piece as Buffer))
      stream.on('end', () => {
        if (refuse(count++)) return done(Object.assign(new Error('try later'), { responseCode: 451 }))
        mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), text: Buffer.concat(pieces).toString('latin1') })
        done()
      })
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  onTestFinished(() => new Promise<void>(resolve => void server.close(() => resolve())))
  const { port } = server.server.address() as { port: number }
  const prepared = smtpKind.prepare('mail', { host: '127.0.0.1', port, security: 'none', from: '值守 <gateway@example.org>' })
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.problems))
  const channel = prepared.channel.open({ wall, site: { id: 'greenhill', name: '青山小学' } } as never)
  onTestFinished(() => channel.close?.())
  return { mails, channel }
}

const usual: DeliverySettings = {
  id: 'office',
  kinds: ['temperature'],
  every: '0 7 * * *',
  period: 'yesterday',
  equipment: [],
  areas: [],
  formats: ['json', 'pdf'],
  language: 'zh',
  to: ['chief@example.org', 'wang'],
  channel: 'mail',
  folder: undefined,
}

async function house(
  settings: DeliverySettings,
  channel: Channel | undefined,
  { folder = emptyFolder(), clock = new FakeClock(at('2026-11-21T22:00Z')), retry = new FakeClock() } = {},
) {
  const store = await opened(folder)
  const logs = new LogDesk({ site: paperSiteOf(site), folder, clock, wall, prove: async () => ({}) })
  const act = async <T>(decide: Decide<T>): Promise<T> => {
    const decision = decide(clock.now())
    return decision.answer(await store.journal.append(decision.drafts ?? []))
  }
  const people: Record<string, string> = { wang: 'wang@example.org' }
  const deliveries = new Deliveries({
    site,
    settings: [settings],
    logs,
    clock,
    act,
    journal: store.journal,
    wall: retry,
    addressOf: person => people[person],
    channel: () => channel,
  })
  onTestFinished(() => deliveries.stop())
  return { store, deliveries, folder, clock, retry, entries: async () => (await store.journal.page({ limit: 100 })).entries }
}
const due = at('2026-11-21T23:00Z')

test('a log arrives by mail as a file that anybody can read', async () => {
  const { mails, channel } = await mailServer()
  const { deliveries, entries, folder } = await house(usual, channel)

  await deliveries.deliver(usual, due)

  expect(mails.map(({ to }) => to)).toEqual([['chief@example.org'], ['wang@example.org']])
  const file = join(emptyFolder(), 'mail.eml')
  writeFileSync(file, mails[0]?.text ?? '', 'latin1')
  const python = `
import sys, json, email, email.policy
m = email.message_from_binary_file(open(sys.argv[1], 'rb'), policy=email.policy.default)
files = [(p.get_filename(), p.get_content_type(), p.get_content()) for p in m.iter_attachments()]
pdf = [c for n, t, c in files if t == 'application/pdf'][0]
open(sys.argv[1] + '.pdf', 'wb').write(pdf)
log = [c for n, t, c in files if t == 'application/json'][0]
log = json.loads(log if isinstance(log, str) else bytes(log).decode())
print(json.dumps([m['subject'], m['from'], m['message-id'].strip(), [(n, t) for n, t, c in files], m.get_body().get_content(), log]))`
  const [subject, from, id, files, body, log] = JSON.parse(
    execFileSync('python3', ['-c', python, file], { encoding: 'utf8' }),
  ) as never[]
  expect(subject).toBe('[青山小学] 温度记录')
  expect(from).toContain('gateway@example.org')
  expect(id).toMatch(/^<.+@example\.org>$/)
  expect(files).toEqual([
    ['青山小学-温度记录-2026-11-21.json', 'application/json'],
    ['青山小学-温度记录-2026-11-21.pdf', 'application/pdf'],
  ])
  expect(body).toContain('SHA-256')
  expect(log).toBeTruthy()
  const text = execFileSync('pdftotext', ['-layout', `${file}.pdf`, '-'], { encoding: 'utf8' })
  expect(text).toContain('温度记录')
  expect((await entries()).at(-1)).toMatchObject({
    kind: 'log.delivered',
    about: 'office',
    data: {
      due,
      from: at('2026-11-20T16:00Z'),
      to: at('2026-11-21T16:00Z'),
      mailed: ['chief@example.org', 'wang'],
      files: [{ log: 'temperature' }, {}],
    },
  })
  // Nothing is left where logs are made.
  expect(existsSync(join(folder, 'exports')) ? readdirSync(join(folder, 'exports')) : []).toEqual([])
})

const toFolder = (folder: string): DeliverySettings => ({ ...usual, formats: ['json'], to: [], channel: undefined, folder })

test('a server that will not take it is tried again, and who has it is not sent it twice', async () => {
  const { mails, channel } = await mailServer(count => count === 1)
  const settings = { ...usual, formats: ['json'] }
  const { deliveries, retry, entries } = await house(settings, channel)

  const done = deliveries.deliver(settings, due)
  while (retry.waiting === 0) await new Promise(resolve => setImmediate(resolve))
  expect(deliveries.troubles).toMatchObject([{ code: 'delivery-failing', say: { en: expect.stringContaining('wang') } }])
  await retry.passes(hours(1))
  await done

  expect(mails.map(({ to }) => to[0])).toEqual(['chief@example.org', 'wang@example.org'])
  expect(deliveries.troubles).toEqual([])
  expect((await entries()).map(({ kind }) => kind)).toEqual(['log.delivery-failed', 'log.delivered'])
})

test('after a day of failing it is given up, and said', async () => {
  const settings = toFolder('/nowhere/at/all')
  const { deliveries, retry, entries } = await house(settings, undefined)
  const ended = new AbortController()
  const done = deliveries.deliver(settings, due).then(() => ended.abort())
  while (!ended.signal.aborted) {
    await retry.passes(hours(1))
    await new Promise(resolve => setImmediate(resolve))
  }
  await done
  expect((await entries()).map(({ kind, data }) => [kind, data['final']])).toEqual([
    ['log.delivery-failed', false],
    ['log.delivery-failed', true],
  ])
  expect(deliveries.states).toMatchObject([{ id: 'office', failing: expect.stringContaining('ENOENT'), lastAt: due }])
})

test('it comes by its timetable, and what a stopped gateway missed is made up once', async () => {
  const out = emptyFolder()
  const settings = toFolder(out)
  const folder = emptyFolder()
  const first = await house(settings, undefined, { folder })
  await first.deliveries.start()
  expect(readdirSync(out)).toEqual([])
  await first.clock.passes(hours(2))
  while ((await first.entries()).length === 0) await new Promise(resolve => setImmediate(resolve))
  await first.deliveries.stop()
  expect(readdirSync(out)).toEqual(['青山小学-温度记录-2026-11-21.json'])
  await first.store.close()

  // Four days later, at noon.
  const clock = new FakeClock(at('2026-11-26T04:00Z'))
  const again = await house(settings, undefined, { folder, clock })
  await again.deliveries.start()
  while ((await again.entries()).length === 1) await new Promise(resolve => setImmediate(resolve))
  await again.deliveries.stop()
  expect(readdirSync(out).toSorted()).toEqual(['青山小学-温度记录-2026-11-21.json', '青山小学-温度记录-2026-11-25.json'])
  await again.store.close()

  const third = await house(settings, undefined, { folder, clock })
  await third.deliveries.start()
  await third.deliveries.stop()
  expect(await third.entries()).toHaveLength(2)
  mkdirSync(out, { recursive: true })
})
