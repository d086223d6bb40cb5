import { readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ReloadGround } from './ground.ts'
import { layHistory } from './history.ts'

let ground: ReloadGround
const secret = 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=9f8e7d6c'
const rules = ['areas', 'canteen', 'equipment', 'cold-3', 'rules']
const tighter = { path: [...rules, 'temperature.too-warm', 'value'], value: 7 }

beforeAll(async () => {
  ground = await ReloadGround.make()
  await ground.stop()
  const text = await ground.text()
  await writeFile(
    ground.file,
    text.replace(
      'connections:\n',
      `people:
  # the head cook
  wang: { name: 王芳, phone: '13800000000' } # has the key
  zhao: { name: 赵铁柱 }
duty:
  rosters:
    guard:
      shifts: { day: '07:30-19:30', night: '19:30-07:30' }
      from: 2026-09-01
      rotation: [{ day: zhao, night: wang }, { day: wang, night: zhao }]
channels:
  robot: { kind: wecom, url: '${secret}' } # the cooks' group
  mail: { kind: smtp, host: mail.example.org, from: a@example.org, user: a, password: '\${MAIL_PASSWORD:-hunter22}' }
connections:
`,
    ),
  )
  // Twice an hour above 7 and below 8, and an hour above both.
  await layHistory(join(ground.folder, 'data'), 'cold-3', [4, 7.5, 4, 7.5, 4, 9, 4])
  await ground.start()
}, 120_000)
afterAll(() => ground.remove(), 60_000)

const draft = (changes: readonly object[], since?: string) =>
  ground.send('POST', '/site/settings/draft', { changes, ...(since === undefined ? {} : { since }) })
const errorsOf = async (changes: readonly object[]): Promise<readonly string[]> => {
  const { problems } = (await draft(changes)).body as { problems: readonly { severity: string; code: string }[] }
  return problems.filter(({ severity }) => severity === 'error').map(({ code }) => code)
}
const settings = async () => (await ground.send('GET', '/site/settings')).body
const write = async (changes: readonly object[], why = 'because the test says so', before?: string) =>
  ground.send('POST', '/site/settings/apply', { changes, before: before ?? (await settings()).digest, why })

describe('the settings of a site', () => {
  test('are told part by part, and no secret with them', async () => {
    const told = await settings()
    expect(told.value.people.wang).toEqual({ name: '王芳', phone: '13800000000' })
    expect(told.value.channels.robot).toEqual({ kind: 'wecom' })
    expect(told.hidden).toContainEqual(['channels', 'robot', 'url'])
    // The name of the variable may be told, what stands for it where it is not set may not.
    expect(told.value.channels.mail.password).toBe('${MAIL_PASSWORD}')
    expect(JSON.stringify(told)).not.toMatch(/9f8e7d6c|hunter22/)
    expect(told.rules.find(({ id }: { id: string }) => id === 'cold-3.temperature.too-warm')).toMatchObject({
      kind: 'limit',
      houseRule: true,
      settings: { op: 'gt', value: 8 },
    })
  })

  test('have a diff with the comments kept, and what it means', async () => {
    const before = await ground.text()
    const { status, body } = await draft([tighter])
    expect(status).toBe(200)
    expect(body.problems.filter(({ severity }: { severity: string }) => severity === 'error')).toEqual([])
    const added = body.diff.split('\n').filter((line: string) => /^[+-](?![+-])/.test(line))
    expect(added).toEqual(['+          temperature.too-warm:', '+            value: 7'])
    expect(body.meaning.rules.changed.map(({ id }: { id: string }) => id)).toEqual(['cold-3.temperature.too-warm'])
    expect(await ground.text()).toBe(before)
  })

  test('tell what is wrong by its place', async () => {
    const { body } = await draft([
      { path: [...rules, 'temperature.too-warm', 'value'], value: 'warm' },
      { path: ['people', 'wang', 'email'], value: 'nowhere' },
    ])
    expect(body.meaning).toBeNull()
    const places = body.problems.map(({ path }: { path: string }) => path)
    expect(places).toContain('areas.canteen.equipment.cold-3.rules.temperature.too-warm.value')
    expect(places).toContain('people.wang.email')
    for (const { line, wrong } of body.problems) {
      expect(line).toBeGreaterThan(0)
      expect(wrong.zh).toMatch(/[一-鿿]/)
    }
  })

  test('are not weakened below a house rule without its reason', async () => {
    const weaker = { path: [...rules, 'temperature.too-warm', 'value'], value: 9 }
    expect(await errorsOf([weaker])).toEqual(['reason-missing'])
    const reasoned = { path: [...rules, 'temperature.too-warm', 'reason'], value: '大功率除霜' }
    expect(await errorsOf([weaker, reasoned])).toEqual([])
    const refused = await write([weaker])
    expect(refused.status).toBe(422)
  })

  test.each([
    ['nothing above the entry', [{ path: ['people'], value: {} }], 400],
    ['a part that has no form', [{ path: ['site', 'id'], value: 'other' }], 400],
    ['the root of all objects', [{ path: ['people', '__proto__', 'x'], value: 1 }], 400],
    ['what is not there to be taken out', [{ path: ['people', 'nobody'], value: null }], 404],
    ['a place in a list', [{ path: ['duty', 'rosters', 'guard', 'rotation', '0', 'day'], value: 'li' }], 400],
    ['too much at once', Array.from({ length: 501 }, () => tighter), 400],
  ])('refuse %s', async (_name, changes, status) => {
    expect((await draft(changes)).status).toBe(status)
  })

  test('do not lose somebody who is on a roster', async () => {
    const before = await ground.text()
    const gone = { path: ['people', 'zhao'], value: null }
    const { body } = await draft([gone])
    expect(body.problems.some(({ path }: { path: string }) => path.startsWith('duty.rosters.guard.rotation'))).toBe(true)
    expect((await write([gone])).status).toBe(422)
    expect(await ground.text()).toBe(before)
  })

  test('replace a secret without telling the old one or the new one', async () => {
    const replaced = { path: ['channels', 'robot', 'url'], value: secret.replace('9f8e7d6c', 'aabbccdd') }
    const { body } = await draft([replaced])
    expect(body.diff).toContain('••••••')
    expect(JSON.stringify(body)).not.toMatch(/9f8e7d6c|aabbccdd/)
    expect((await write([replaced], 'the robot has a new key')).status).toBe(200)
    expect(await ground.text()).toContain('key=aabbccdd')
    const versions = await ground.send('GET', '/site/versions')
    expect(JSON.stringify(versions.body)).not.toMatch(/9f8e7d6c|aabbccdd|hunter22/)
  })

  test('need a reason', async () => {
    for (const why of ['', ' ', 'x']) expect((await write([tighter], why)).status).toBe(400)
    const { digest } = await settings()
    const none = await ground.send('POST', '/site/settings/apply', { changes: [tighter], before: digest })
    expect(none.status).toBe(400)
  })

  test('are in force once they are written, with who, when and why, and go back to the byte', async () => {
    const before = await ground.text()
    const done = await write([tighter], '疫苗要求更严 <script>alert(1)</script> 🧊')
    expect(done.status).toBe(200)
    const now = await settings()
    expect(now.rules.find(({ id }: { id: string }) => id === 'cold-3.temperature.too-warm').settings.value).toBe(7)
    expect(now.points.find(({ id }: { id: string }) => id === 'cold-3.temperature').limits.max).toBe(7)
    const text = await ground.text()
    for (const comment of ['# the head cook', '# has the key', '# stays', "# the cooks' group"]) expect(text).toContain(comment)
    const { body: versions } = await ground.send('GET', '/site/versions')
    const [last] = versions.items
    expect(last).toMatchObject({ by: 'admin', why: '疫苗要求更严 <script>alert(1)</script> 🧊' })
    expect(last.changed).toContain('+            value: 7')
    expect(last.diff).toContain('-            value: 7')
    const back = await ground.send('POST', '/site/rollback', { to: last.id, before: now.digest, why: 'was a trial' })
    expect(back.status).toBe(200)
    expect(await readFile(ground.file, 'utf8')).toBe(before)
    const { body: journal } = await ground.send('GET', '/journal?limit=20')
    const told = journal.items.filter(({ kind }: { kind: string }) => kind === 'site.changed')
    expect(told[0]).toMatchObject({ by: 'admin', data: { why: 'was a trial' } })
    expect(told[1].data.why).toContain('疫苗要求更严')
  })

  test('of two who write at once let in one, and show the other what came between', async () => {
    const { digest } = await settings()
    const mine = { path: ['people', 'wang', 'phone'], value: '13900000001' }
    const theirs = { path: ['people', 'zhao', 'email'], value: 'z@example.org' }
    const both = await Promise.all([write([theirs], 'theirs', digest), write([mine], 'mine', digest)])
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409])
    const [first, second] = both[0]?.status === 200 ? [theirs, mine] : [mine, theirs]
    const seen = await draft([second], digest)
    expect(seen.body.before).not.toBe(digest)
    expect(seen.body.meanwhile).toContain(`+  ${first === mine ? 'wang' : 'zhao'}`)
    const lines = seen.body.diff.split('\n').filter((line: string) => line.startsWith('+'))
    expect(lines.join('\n')).toContain(String(second.value))
    expect(lines.join('\n')).not.toContain(String(first.value))
    // An editor on the disk is somebody else too.
    await writeFile(ground.file, `${await ground.text()}# edited by hand\n`)
    expect((await write([second], 'late', seen.body.before)).status).toBe(409)
    expect((await write([second], 'anew')).status).toBe(200)
    expect(await ground.text()).toContain('# edited by hand')
  })

  test('keep what is said as text that is only text', async () => {
    const name = `<script>alert('x')</script> 🧊 ${'长'.repeat(180)}`
    expect((await write([{ path: ['people', 'li'], value: { name } }], 'a new cook')).status).toBe(200)
    expect((await settings()).value.people.li.name).toBe(name)
    expect((await write([{ path: ['people', 'li'], value: null }], 'has left')).status).toBe(200)
    expect((await settings()).value.people.li).toBeUndefined()
  })

  test('move a piece of equipment with its comments, say where it stands, and let it run on', async () => {
    const before = await ground.text()
    const old = ['areas', 'canteen', 'equipment', 'cold-2']
    const { places, value } = await settings()
    const { file, line } = places.find(({ equipment }: { equipment: string }) => equipment === 'cold-2')
    expect(before.split('\n')[line - 1]).toMatch(/^ +cold-2:/)
    expect(file).toBe(basename(ground.file))
    const moved = [
      { path: ['areas', 'store'], value: { name: '库房' } },
      { path: ['areas', 'store', 'equipment', 'cold-2'], value: value.areas.canteen.equipment['cold-2'] },
      { path: old, value: null },
    ]
    const { body } = await draft(moved)
    expect(body.problems.filter(({ severity }: { severity: string }) => severity === 'error')).toEqual([])
    expect((await write(moved, 'the cabinet stands elsewhere')).status).toBe(200)
    const after = await ground.text()
    expect(
      after
        .split('\n')
        .toSorted()
        .filter(one => one.includes('#')),
    ).toEqual(
      before
        .split('\n')
        .toSorted()
        .filter(one => one.includes('#')),
    )
    expect((await settings()).value.areas.store.equipment['cold-2']).toEqual(value.areas.canteen.equipment['cold-2'])
    const { body: versions } = await ground.send('GET', '/site/versions')
    const back = { to: versions.items[0].id, before: (await settings()).digest, why: 'and back' }
    expect((await ground.send('POST', '/site/rollback', back)).status).toBe(200)
    expect(await ground.text()).toBe(before)
  })

  test('take back what they changed of a rule without a trace', async () => {
    const before = await ground.text()
    const rule = ['areas', 'canteen', 'equipment', 'cold-2', 'rules', 'power.mute']
    expect((await write([{ path: rule, value: { kind: 'stale', after: '1h', priority: 'low' } }])).status).toBe(200)
    expect((await write([{ path: [...rule], value: null }])).status).toBe(200)
    expect(await ground.text()).toBe(before)
  })
})

describe('changed limits on the past', () => {
  const minute = 60_000
  test('say how many alarms there would have been instead, and which', async () => {
    const answer = await ground.send('POST', '/site/settings/backtest', {
      changes: [tighter],
      before: (await settings()).digest,
      from: Date.now() - 24 * 60 * minute,
      to: Date.now(),
    })
    expect(answer.body).toMatchObject({ before: 1, after: 3, unheard: [], comes: { count: 2 }, goes: { count: 0 } })
    expect(answer.body.rules).toMatchObject([{ rule: 'cold-3.temperature.too-warm', change: 'settings', before: 1, after: 3 }])
  })

  test('say so where there is no history, and where the file is another one', async () => {
    const changes = [{ path: ['areas', 'canteen', 'equipment', 'cold-4', 'rules', 'temperature.too-warm', 'value'], value: 7 }]
    const span = { from: Date.now() - 24 * 60 * minute, to: Date.now() }
    const { body } = await ground.send('POST', '/site/settings/backtest', { changes, before: (await settings()).digest, ...span })
    expect(body).toMatchObject({ before: 0, after: 0, unheard: ['cold-4.temperature'] })
    const old = await ground.send('POST', '/site/settings/backtest', { changes, before: '0'.repeat(64), ...span })
    expect(old.status).toBe(409)
  })
})

test('are for administrators alone', async () => {
  const made = await ground.send('POST', '/users', { username: 'cook', role: 'operator', password: 'cooks-with-4-gas' })
  expect(made.status).toBe(201)
  const { address } = ground.gateway
  const signed = await fetch(`${address}/api/v1/session`, {
    method: 'POST',
    headers: { origin: address, 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'cook', password: 'cooks-with-4-gas' }),
  })
  const cookie = signed.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const headers = { origin: address, cookie, 'content-type': 'application/json' }
  const asked = await Promise.all([
    fetch(`${address}/api/v1/site/settings`, { headers }),
    ...['draft', 'apply', 'backtest'].map(name =>
      fetch(`${address}/api/v1/site/settings/${name}`, { method: 'POST', headers, body: '{"changes":[]}' }),
    ),
  ])
  expect(asked.map(({ status }) => status)).toEqual([403, 403, 403, 403])
})
