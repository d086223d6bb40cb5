import { describe, expect, test } from 'vitest'
import { days } from '../../protocols/contract/time.ts'
import { noBackups } from '../../gateway/backup/settings.ts'
import { logKinds } from '../../gateway/report/document.ts'
import { logFormats } from '../../gateway/report/question.ts'
import { paperSiteOf } from '../../gateway/report/source.ts'
import { usualRetention } from '../../gateway/retention/settings.ts'
import { readSite } from '../../gateway/site/load.ts'
import { deliveredFormats, deliveredKinds } from '../../gateway/site/logs.ts'
import { loadShelf } from '../../gateway/site/shelf.ts'
import { tiny } from './tiny.ts'

const shelf = await loadShelf()
const good = `site: { id: greenhill, name: 青山小学, policies: [canteen] }
connections:
  bus: { protocol: tiny, host: 10.0.0.5 }
areas:
  canteen:
    equipment:
      cold-1:
        type: fresh-keeping-cabinet
        connection: bus
        unit: 1
        facts: { holds: cooked }
        points: { temperature: { register: 0 }, door: { register: 1 } }
channels:
  mail: { kind: smtp, host: 127.0.0.1, from: 'gateway@example.org' }
people:
  wang: { name: 王芳, email: w@example.org }
  li: { name: 李强, phone: '13800000000' }
`
const load = (more: string) =>
  readSite([{ name: 'site.yaml', text: good + more }], { PHRASE: 'correct horse battery' }, [tiny], shelf)
const keepingOf = (more: string) => {
  const loaded = load(more)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  return loaded.site.keeping
}
const problemsOf = (more: string) =>
  load(more)
    .problems.filter(({ severity }) => severity === 'error')
    .map(({ code, path, line, column }) => ({ code, path, at: `${line}:${column}` }))

test('a site that says nothing has no backups, the usual keeping and no deliveries', () => {
  expect(keepingOf('')).toMatchObject({ backup: noBackups, retention: usualRetention, deliveries: [] })
})

test('everything can be said', () => {
  const keeping = keepingOf(`retention: { temperature: 3y, dosing: forever, readings: 800d, budget: 1.5GiB }
backup:
  at: '0 3 * * *'
  folder: /var/backups/zhishou
  keep: 7
  passphrase: \${PHRASE}
  copies: [{ folder: /mnt/nas }, { url: 'https://x.example/b/', token: abc }]
  copy: 1d
  verify: 14d
logs:
  office:
    kinds: [temperature, alarms]
    every: monthly
    format: [pdf, xlsx]
    to: [wang, chief@example.org]
  folder: { kinds: temperature, every: daily, equipment: cold-1, language: en, folder: /srv/records }
`)
  expect(keeping.retention).toEqual({
    budget: 1.5 * 1024 ** 3,
    records: { temperature: { years: 3 }, dosing: 'forever' },
    readings: { days: 800 },
    remove: true,
  })
  expect(keeping.backup).toEqual({
    at: '0 3 * * *',
    folder: '/var/backups/zhishou',
    keep: 7,
    passphrase: 'correct horse battery',
    copies: [{ folder: '/mnt/nas' }, { url: 'https://x.example/b/', token: 'abc' }],
    copyEvery: days(1),
    verifyEvery: days(14),
  })
  expect(keeping.deliveries).toEqual([
    {
      id: 'office',
      kinds: ['temperature', 'alarms'],
      every: '0 6 1 * *',
      period: 'last-month',
      equipment: [],
      areas: [],
      formats: ['pdf', 'xlsx'],
      language: 'zh',
      to: ['wang', 'chief@example.org'],
      channel: 'mail',
      folder: undefined,
    },
    expect.objectContaining({ id: 'folder', period: 'yesterday', equipment: ['cold-1'], formats: ['pdf'], channel: undefined }),
  ])
})

describe('a mistake is told with its place', () => {
  test.each([
    ['retention: { temperature: 1y }', 'kept-too-short', 'retention.temperature'],
    ['retention: { alarms: 30d }', 'kept-too-short', 'retention.alarms'],
    ['retention: { readings: 1d }', 'kept-too-short', 'retention.readings'],
    ['retention: { temperature: long }', 'bad-retention', 'retention.temperature'],
    ['retention: { temprature: 3y }', 'unknown-key', 'retention.temprature'],
    ['retention: { budget: 3 }', 'bad-size', 'retention.budget'],
    ['retention: { budget: 1MiB }', 'bad-size', 'retention.budget'],
    ['backup: { at: noon }', 'bad-schedule', 'backup.at'],
    ["backup: { at: '0 0 30 2 *' }", 'bad-schedule', 'backup.at'],
    ['backup: { keep: 0 }', 'bad-count', 'backup.keep'],
    ['backup: { passphrase: short }', 'weak-passphrase', 'backup.passphrase'],
    ['backup: { copies: [{}] }', 'bad-place', 'backup.copies.0'],
    ['backup: { copies: [{ folder: /a, url: b }] }', 'bad-place', 'backup.copies.0'],
    ['backup: { copies: [{ url: nowhere }] }', 'bad-url', 'backup.copies.0.url'],
    ['backup: { verify: 5s }', 'too-often', 'backup.verify'],
    ['logs: { a: { kinds: [temperatur], every: daily, folder: /x } }', 'unknown-log', 'logs.a.kinds.0'],
    ['logs: { a: { kinds: [temperature], every: never, folder: /x } }', 'bad-schedule', 'logs.a.every'],
    ['logs: { a: { kinds: [temperature], every: daily } }', 'nowhere-to', 'logs.a'],
    ['logs: { a: { kinds: [temperature], every: daily, to: [wag] } }', 'unknown-receiver', 'logs.a.to.0'],
    ['logs: { a: { kinds: [temperature], every: daily, to: [li] } }', 'no-address', 'logs.a.to.0'],
    ['logs: { a: { kinds: [temperature], every: daily, to: [wang], channel: sms } }', 'unknown-channel', 'logs.a.channel'],
    [
      'logs: { a: { kinds: [temperature], every: daily, folder: /x, equipment: cold-9 } }',
      'unknown-equipment',
      'logs.a.equipment',
    ],
    ['logs: { a: { every: daily, folder: /x } }', 'missing', 'logs.a'],
  ])('%s: %s', (text, code, path) => {
    const found = problemsOf(`${text}\n`)
    expect(found).toContainEqual(expect.objectContaining({ code, path }))
    expect(found).toHaveLength(1)
  })
})

test('what a rule of the packs asks for is named with its clause', () => {
  const [problem] = load('retention: { temperature: 1y }\n').problems.filter(({ severity }) => severity === 'error')
  expect(problem?.wrong.en).toMatch(/1 year is too short: (clause CAN-\d+ asks for|the least is) 2 years/)
  expect(problem?.write.zh).toContain('`2y`')
})

test('the site file knows the logs and forms there are', () => {
  expect(deliveredKinds).toEqual(logKinds)
  expect(deliveredFormats).toEqual(logFormats)
})

test('no passphrase goes where the site is kept beside its data', () => {
  const loaded = load('backup: { at: daily, passphrase: ${PHRASE} }\n')
  expect(loaded.ok && JSON.stringify(paperSiteOf(loaded.site))).not.toContain('correct horse')
})
