import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { png } from '../kit/picture.ts'
import { passwords, RecordsGround } from '../records/records-ground.ts'
import type { Who } from '../records/records-ground.ts'

let ground: RecordsGround
const product = '次氯酸钙 65 %'
beforeAll(async () => {
  ground = await RecordsGround.make()
  await ground.reads({
    'tank-1.volume': 10,
    'tank-1.chlorine': 0,
    'tank-1.dosings': 4,
    'cold-1.temperature': 4.3,
    'gas-1.total': 1200,
  })
})
afterAll(() => ground?.remove())

const write = (kind: string, body: object, who: Who = 'li') => ground.send(who, 'POST', `/records/${kind}`, body)
const correct = (seq: number, body: object, who: Who = 'li') => ground.send(who, 'POST', `/records/${seq}/correction`, body)
const journal = async (kinds: string) =>
  (await ground.send('admin', 'GET', `/journal?kinds=${kinds}&limit=500&order=oldest`)).body.items as {
    seq: number
    kind: string
    by: string
    data: Record<string, unknown>
  }[]
const cold = (fields: object, more: object = {}) => ({ equipment: 'cold-1', fields, ...more })

describe('the forms', () => {
  test('are told in both languages, with the equipment they make sense for', async () => {
    const { items } = (await ground.send('guest', 'GET', '/records/kinds')).body
    const of = (kind: string) => items.find((one: { kind: string }) => one.kind === kind)
    expect(of('dosing')).toMatchObject({
      name: { zh: '投药', en: 'Dosing' },
      equipment: ['tank-1', 'tank-2'],
      signs: { zh: expect.any(String) },
    })
    expect(of('meter-reading').equipment).toEqual(['gas-1'])
    expect(of('defrost').equipment).toEqual(['cold-1'])
    expect(of('repair').equipment).toEqual(['tank-1', 'tank-2', 'cold-1', 'gas-1'])
    const words = items.flatMap(({ name, fields }: { name: object; fields: { name: object }[] }) => [
      name,
      ...fields.map(field => field.name),
    ])
    for (const said of words) expect(said).toEqual({ zh: expect.stringMatching(/\S/), en: expect.stringMatching(/\S/) })
  })

  test.each([
    ['dosing', { product }, 'grams', '没有填写实投量'],
    ['dosing', { grams: 'a lot' }, 'grams', '请写数字'],
    ['dosing', { grams: -3 }, 'grams', '-3 g 不可能'],
    ['dosing', { grams: 20, volume: 50 }, 'volume', '水箱只有 20 m³'],
    ['reading', { point: 'lid', value: 3 }, 'point', '这台设备没有测点“lid”'],
    ['reading', { point: 'volume' }, 'value', '没有填写读数'],
    ['reading', { point: 'volume', value: 20_000 }, 'value', '20000 m³ 不可能'],
    ['expiry', { item: '灭火器' }, 'expires', '没有填写新的到期日'],
    ['expiry', { item: '灭火器', expires: '2027-02-30' }, 'expires', '请写日期'],
    ['meter-reading', { base: 10, obtained: 'estimated' }, 'obtained', '不能估抄'],
    ['meter-reading', { obtained: 'read' }, 'base', '没有填写读数'],
    ['cleaning', { newProduct: '三氯' }, 'newProduct', '由管理员登记'],
  ])('of %s refuse %o by name', async (kind, fields, key, words) => {
    const { status, body } = await write(kind, { equipment: 'tank-1', fields })
    expect([status, body.errors.map(({ path }: { path: string }) => path)]).toEqual([400, [`fields.${key}`]])
    expect(body.errors[0].wrong).toContain(words)
    expect(body.detail).toContain(words)
  })

  test('keep fields that nobody knows, and kinds that rules wait for', async () => {
    const { body } = await write('inspection', cold({ what: '门封条', gasket: 'worn', torn: 2 }))
    expect(body.data.fields).toEqual({ what: '门封条', gasket: 'worn', torn: 2 })
    expect((await write('gossip', cold({}))).status).toBe(400)
  })
})

describe('a hand reading', () => {
  test('stands beside what the sensor says', async () => {
    const { body } = await write('reading', cold({ point: 'temperature', value: 4.6, instrument: 'T-02' }))
    expect(body.data.reckoned).toEqual({ unit: '°C', sensor: 4.3, difference: 0.3, tolerance: 1 })
  })

  test('that is far off is measured again, or says why', async () => {
    const far = { point: 'temperature', value: 7.9 }
    const { status, body } = await write('reading', cold(far))
    expect([status, body.errors[0].path]).toEqual([400, 'fields.note'])
    expect(body.errors[0].wrong).toContain('和探头差 3.6 °C')
    const taken = await write('reading', cold({ ...far, note: '门刚开过，量了两次' }))
    expect(taken.body.data.reckoned).toMatchObject({ difference: 3.6 })
  })
})

describe('what is sent again', () => {
  test('under its key is recorded once, at once, later, and after a restart; another thing under the same key is not taken', async () => {
    const body = cold({ millimetres: 3 }, { key: 'phone-1-0001' })
    const answers = await Promise.all([1, 2, 3].map(() => write('defrost', body)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(new Set(answers.map(answer => answer.body.seq)).size).toBe(1)
    await ground.stop()
    await ground.start()
    await ground.reads({ 'tank-1.volume': 10, 'tank-1.chlorine': 0, 'cold-1.temperature': 4.3 })
    expect((await write('defrost', body)).body.seq).toBe(answers[0]?.body.seq)
    expect((await write('defrost', cold({ millimetres: 4 }, { key: 'phone-1-0001' }))).status).toBe(409)
    // Another person's phone may happen on the same key.
    expect((await write('defrost', body, 'wang')).body.seq).not.toBe(answers[0]?.body.seq)
    expect((await journal('record.defrost')).length).toBe(2)
  })
})

describe('a signature', () => {
  test('is a person’s own password: a wrong one is on record, a token has none', async () => {
    const repair = cold({ fault: '门封条破', work: '换了门封条' })
    const wrong = await write('repair', { ...repair, password: 'guess' })
    expect([wrong.status, wrong.body.errors[0].path]).toEqual([400, 'password'])
    expect((await journal('account.refused')).at(-1)).toMatchObject({ data: { at: 'record' } })
    const { body: made } = await ground.send('admin', 'POST', '/tokens', { name: 'robot', role: 'operator' })
    const byToken = await fetch(`${ground.address}/api/v1/records/repair`, {
      method: 'POST',
      headers: { authorization: `Bearer ${made.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...repair, password: passwords.li }),
    })
    expect(byToken.status).toBe(403)
    const { body } = await write('repair', { ...repair, password: passwords.li })
    expect(body.data.signed).toMatchObject({ by: 'li', name: '李强', meaning: { zh: '本人验收，设备可以使用' } })
    expect((await write('repair', repair)).body.data.signed).toBeUndefined()
  })

  test('that is guessed at slows down whoever guesses', async () => {
    for (let i = 0; i < 6; i += 1) await write('repair', cold({ fault: 'x', work: 'y' }, { password: `guess-${i}` }), 'wang')
    const { status, body } = await write('repair', cold({ fault: 'x', work: 'y' }, { password: passwords.wang }), 'wang')
    expect([status, body.errors[0].wrong]).toEqual([400, expect.stringContaining('尝试过多')])
  })
})

describe('photos', () => {
  test('go with a record by their digest, at most four, and only those that were sent', async () => {
    const picture = png(8, 8)
    const sent = await fetch(`${ground.address}/api/v1/photos`, {
      method: 'POST',
      headers: { origin: ground.address, cookie: await ground.cookie('li'), 'content-type': 'image/png' },
      body: new Uint8Array(picture),
    })
    const { id } = (await sent.json()) as { id: string }
    expect(id).toContain(createHash('sha256').update(picture).digest('hex'))
    const { body } = await write('cleaning', cold({ what: '蒸发器' }, { photos: [id] }))
    expect(body.data.photos).toEqual([id])
    expect((await write('cleaning', cold({}, { photos: [`${'0'.repeat(64)}.png`] }))).status).toBe(400)
    expect((await write('cleaning', cold({}, { photos: Array.from({ length: 5 }, () => id) }))).status).toBe(400)
  })
})

describe('a correction', () => {
  test('is a new record that names the old one and says why; nothing is edited', async () => {
    const { body: first } = await write('reading', cold({ point: 'temperature', value: 4.8 }))
    const [before] = (await journal('record.reading')).filter(({ seq }) => seq === first.seq)
    const { status, body } = await correct(first.seq, { reason: '看错了刻度，是 4.1', fields: { value: 4.1 } })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      seq: first.seq,
      byName: '李强',
      fields: { point: 'temperature', value: 4.1 },
      reckoned: { difference: -0.2 },
      corrections: [{ by: 'li', reason: '看错了刻度，是 4.1', before: { fields: { value: 4.8 } } }],
    })
    // A correction of the correction goes to the newest, and both stay.
    const place = body.corrections[0].seq
    const again = await correct(place, { reason: '温度计编号也补上', fields: { instrument: 'T-02' } })
    expect(
      again.body.corrections.map(({ before: { fields } }: { before: { fields: { value: number } } }) => fields.value),
    ).toEqual([4.8, 4.1])
    const entries = (await journal('record.corrected')).filter(({ data }) => data['seq'] === first.seq)
    expect(entries.map(({ data }) => data['replaces'])).toEqual([first.seq, place])
    expect((await journal('record.reading')).find(({ seq }) => seq === first.seq)).toEqual(before)
    const { items } = (await ground.send('li', 'GET', '/records?kind=reading&equipment=cold-1&limit=1')).body
    expect(items[0]).toMatchObject({ seq: first.seq, fields: { value: 4.1, instrument: 'T-02' }, mayCorrect: true })
  })

  test.each([
    ['without a reason', { fields: { value: 4 }, reason: '错' }, 400],
    ['that changes nothing', { fields: { value: 4.5 }, reason: '其实没有写错' }, 400],
    ['to what cannot be', { fields: { value: 900 }, reason: '多按了两个零' }, 400],
    ['to tomorrow', { at: Date.now() + 86_400_000, reason: '写错了日期时间' }, 400],
  ])('%s is refused', async (_, body, status) => {
    const { body: first } = await write('reading', cold({ point: 'temperature', value: 4.5 }))
    expect((await correct(first.seq, body)).status).toBe(status)
  })

  test('is for whoever wrote it and for an administrator; of what nobody wrote there is none', async () => {
    const { body: first } = await write('inspection', cold({ what: '柜门' }))
    const body = { reason: '看的是门封条，不是柜门', fields: { what: '门封条' } }
    const other = await correct(first.seq, body, 'wang')
    expect([other.status, other.body.detail]).toEqual([403, '这是 li 的记录，只有本人或管理员能更正。'])
    expect((await correct(first.seq, body, 'guest')).status).toBe(403)
    expect((await correct(first.seq, body, 'admin')).status).toBe(200)
    expect((await correct(1, body, 'admin')).status).toBe(404)
    expect((await correct(999_999, body, 'admin')).status).toBe(404)
  })

  test('of what was signed is signed too', async () => {
    const { body: first } = await write('repair', cold({ fault: '不制冷', work: '加氟' }, { password: passwords.li }))
    const body = { reason: '还换了压缩机启动器', fields: { work: '加氟，换启动器' } }
    expect((await correct(first.seq, body)).body.errors[0].path).toBe('password')
    expect((await correct(first.seq, { ...body, password: passwords.li })).body.signed).toMatchObject({ by: 'li' })
  })

  test('sent twice under its key is made once', async () => {
    const { body: first } = await write('inspection', cold({ what: '地面' }))
    const body = { reason: '地面和墙面都看了', fields: { what: '地面、墙面' }, key: 'phone-2-0007' }
    await correct(first.seq, body)
    expect((await correct(first.seq, body)).body.corrections).toHaveLength(1)
  })

  test('of an amount clears the alarm that the wrong amount raised', async () => {
    const alarms = async () =>
      (await ground.send('li', 'GET', '/alarms?equipment=tank-1')).body.items
        .filter(({ rule, active }: { rule: string; active: boolean }) => rule.endsWith('noted-wrong-dose') && active)
        .map(({ rule }: { rule: string }) => rule)
    // 10 m³ need 23.08 g.
    const { body: first } = await write('dosing', { equipment: 'tank-1', fields: { grams: 3, product } })
    expect(first.data.reckoned.why).toBe('less')
    await expect.poll(alarms, { timeout: 120_000 }).toHaveLength(1)
    const answer = await correct(first.seq, { reason: '少写了一个 2，是 23 克', fields: { grams: 23 } })
    // More than twice the last dose counts from the dose before this one, and there is none.
    expect([answer.status, answer.body.reckoned.why]).toEqual([200, 'right'])
    await expect.poll(alarms, { timeout: 120_000 }).toEqual([])
  })
})

describe('the list of records', () => {
  test('is turned page by page, by kind and by time, and not shown to who may only look', async () => {
    expect((await ground.send('guest', 'GET', '/records')).status).toBe(403)
    const all: number[] = []
    let cursor = ''
    for (let pages = 0; pages < 40; pages += 1) {
      const { body } = await ground.send('li', 'GET', `/records?limit=3${cursor}`)
      all.push(...body.items.map(({ seq }: { seq: number }) => seq))
      if (body.next === null) break
      cursor = `&cursor=${body.next}`
    }
    const written = (
      await journal(
        (await ground.send('li', 'GET', '/records/kinds')).body.items
          .map(({ kind }: { kind: string }) => `record.${kind}`)
          .join(','),
      )
    )
      .filter(({ data }) => data['rule'] === undefined)
      .map(({ seq }) => seq)
    expect(all).toEqual(written.toReversed())
    const { items } = (await ground.send('li', 'GET', `/records?kind=defrost,repair&from=${Date.now() - 60_000}`)).body
    expect(new Set(items.map(({ kind }: { kind: string }) => kind))).toEqual(new Set(['defrost', 'repair']))
    expect((await ground.send('li', 'GET', `/records?to=${Date.now() - 86_400_000}`)).body.items).toEqual([])
    const one = await ground.send('li', 'GET', `/records/${all[0]}`)
    expect(one.body.seq).toBe(all[0])
    expect((await ground.send('li', 'GET', '/records/1')).status).toBe(404)
  })
})
