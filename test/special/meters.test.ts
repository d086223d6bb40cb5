import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WireMeterSheet } from '../../gateway/api/wire-meters.ts'
import { noon, passwords, SpecialGround } from './special-ground.ts'

const at = (text: string): number => Date.parse(`2026-${text}:00+08:00`)
let ground: SpecialGround
beforeAll(async () => {
  ground = await SpecialGround.make()
  await ground.reads([
    // Between two rounds, on the 22nd, and today: the newest of the window counts.
    { point: 'gas-1.total', t: at('10-25T09:00'), v: 1000 },
    { point: 'gas-1.total', t: at('11-21T09:00'), v: 1200 },
    { point: 'gas-1.total', t: at('11-22T09:00'), v: 1290.4 },
    { point: 'gas-1.total', t: at('11-23T09:00'), v: 1300.5 },
    { point: 'flat-1.total', t: at('10-26T09:00'), v: 80 },
    { point: 'flat-1.total', t: at('11-05T09:00'), v: 75.5 },
    { point: 'flat-2.total', t: at('10-30T09:00'), v: 10 },
    { point: 'flat-2.total', t: at('11-20T09:00'), v: 10 },
  ])
  const { status, text } = await ground.send('li', 'POST', '/records/meter-reading', {
    equipment: 'gas-2',
    at: noon - 3_600_000,
    fields: { base: 500, total: 512.25, balance: 40, obtained: 'photo' },
    password: passwords.li,
  })
  if (status !== 200) throw new Error(text)
  await ground.send('li', 'POST', '/records/inspection', {
    equipment: 'flat-3',
    verdict: 'failed',
    fields: { note: '=敲门没有人' },
  })
}, 120_000)
afterAll(() => ground?.remove())

async function asked(query = ''): Promise<WireMeterSheet> {
  return (await ground.send('li', 'GET', `/meters${query}`)).body
}

describe('the reading sheet', () => {
  test('says of each meter what it read last time and now, by hand or by wire, in the order of the site', async () => {
    const { items, month, unclassed } = await asked()
    expect([month, unclassed]).toEqual(['2026-11', []])
    expect(items.map(({ equipment }) => equipment)).toEqual(['gas-1', 'gas-2', 'flat-1', 'flat-2', 'flat-3', 'flat-4'])
    const of = (id: string) => items.find(({ equipment }) => equipment === id)
    expect(of('gas-1')).toMatchObject({
      clause: 'GAS-4',
      serial: 'SN-gas-1',
      // Nothing was read on 22 and 23 October: what came nearest after it.
      last: { at: '2026-10-25T09:00:00.000+08:00', value: 1000 },
      now: { at: '2026-11-23T09:00:00.000+08:00', value: 1300.5 },
      used: 300.5,
      state: 'wire',
      mark: null,
    })
    expect(of('gas-2')).toMatchObject({ last: null, now: { value: 512.25 }, used: null, state: 'photo', by: '李强', mark: null })
    expect(of('flat-1')).toMatchObject({ clause: 'GAS-2', last: { value: 80 }, now: { value: 75.5 }, used: -4.5, mark: 'fell' })
    expect(of('flat-2')).toMatchObject({ used: 0, mark: 'stands' })
    expect(of('flat-3')).toMatchObject({ state: 'missing', now: null, used: null, why: { zh: '=敲门没有人' } })
    expect(of('flat-4')).toMatchObject({ clause: 'GAS-3', state: 'missing', why: { zh: '表还没有读到过，也没有人登记' } })
  })
  test('says how far each group has come against what its clause requires', async () => {
    const { progress } = await asked()
    expect(
      progress.map(({ clause, done, of, required, needed, left, state }) => [clause, done, of, required, needed, left, state]),
    ).toEqual([
      ['GAS-1', 2, 2, 1, 2, 0, 'met'],
      ['GAS-4', 2, 2, 1, 2, 0, 'met'],
      ['GAS-2', 2, 3, 0.98, 3, 1, 'open'],
      ['GAS-3', 0, 1, 0.7, 1, 1, 'open'],
    ])
    expect(progress[1]).toMatchObject({ from: '2026-11-22T00:00:00.000+08:00', to: '2026-11-24T00:00:00.000+08:00' })
    expect(progress[3]).toMatchObject({ from: '2026-10-01T00:00:00.000+08:00', to: '2027-01-01T00:00:00.000+08:00' })
    expect(progress[2]?.areas).toEqual([{ area: 'flats', done: 2, of: 3 }])
  })
  test('of the month before says what was read after its days, and what was missed', async () => {
    const { items, progress } = await asked('?month=2026-10')
    expect(items[0]).toMatchObject({ state: 'late', now: { value: 1000 }, last: null })
    expect(items[1]).toMatchObject({ state: 'missing' })
    expect(progress.map(({ clause, done, state }) => [clause, done, state])).toEqual([
      ['GAS-1', 1, 'missed'],
      ['GAS-4', 0, 'missed'],
      ['GAS-2', 2, 'missed'],
      ['GAS-3', 0, 'open'],
    ])
  })
  test('of a month to come has not begun', async () => {
    const { items, progress } = await asked('?month=2026-12')
    expect(items[0]).toMatchObject({ state: 'not-begun', now: null, last: { value: 1300.5 } })
    expect(progress.map(({ state }) => state)).toEqual(['not-begun', 'not-begun', 'not-begun', 'open'])
  })
  test('comes as a table whose cells no spreadsheet takes for formulas', async () => {
    const { text } = await ground.send('li', 'GET', '/meters/sheet.csv?lang=zh')
    const lines = text.split('\r\n')
    expect(lines).toHaveLength(8)
    expect(lines[0]).toContain('上次读数 (m³)')
    expect(lines[1]).toBe(
      '食堂,食堂燃气表,SN-gas-1,GAS-4,2026-10-25T09:00:00.000+08:00,1000,2026-11-23T09:00:00.000+08:00,1300.5,300.5,,远传,,',
    )
    expect(lines[3]).toContain(',-4.5,读数变小,')
    expect(lines[5]?.endsWith(",'=敲门没有人")).toBe(true)
    const english = await ground.send('li', 'GET', '/meters/sheet.csv?lang=en&month=2026-11')
    expect(english.text).toContain('by hand, with a photo')
  })
  test.each(['2026-13', 'november', '2026-11-01'])('refuses the month %s', async month => {
    const { status, text } = await ground.send('li', 'GET', `/meters?month=${month}`)
    expect([status, text.includes('看不懂月份')]).toEqual([400, true])
  })
  test('is not for who may only look', async () => {
    expect((await ground.send('guest', 'GET', '/meters')).status).toBe(403)
    expect((await ground.send('guest', 'GET', '/meters/sheet.csv')).status).toBe(403)
  })
})
