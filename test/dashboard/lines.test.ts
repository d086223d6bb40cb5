import { describe, expect, test } from 'vitest'
import { emptyDraft, gapsIn } from '../../dashboard/src/live/lines/connect-draft.ts'
import { counted, noTally } from '../../dashboard/src/live/lines/tally.ts'
import { sayNote, sayPlace, sayTerm } from '../../dashboard/src/pages/lines-term-words.ts'
import { linesWords } from '../../dashboard/src/pages/lines-words.ts'
import type { WireTried } from '../../gateway/api/wire-lines.ts'
import { modbusTcp } from '../../protocols/modbus/driver.ts'

describe('terms of the field on a page', () => {
  test.each([
    ['unit 3', '站号 3'],
    ['unit 12?', '站号 12?'],
    ['meter 000000012345', '表 000000012345'],
    ['input 0–4', '输入寄存器 0–4'],
    ['holding 100', '保持寄存器 100'],
    ['exception 2 (illegal data address)', '异常 2（没有这个地址）'],
    ['Modbus exception 11 (the device behind the gateway does not answer).', '异常 11（网关后面的设备不答）.'],
    ['tank-1', 'tank-1'],
    ['有字节但读不懂（Garbled reply: the checksum is wrong.）：可能是速率', '有字节但读不懂（校验或长度不对）：可能是速率'],
  ])('%s is %s in Chinese, and itself in English', (term, zh) => {
    expect(sayTerm(term, 'zh')).toBe(zh)
    expect(sayTerm(term, 'en')).toBe(term)
  })

  test.each([
    ['late: dropped', '迟到的回答，已丢弃'],
    ['checksum wrong', '乱码，校验或长度不对'],
    ['Wrong reply: unit 4 answered.', '答的不是所问'],
    ['no answer to what was asked', '答的不是所问'],
    ['something else', 'something else'],
  ])('the note "%s" of a frame is said', (note, zh) => {
    expect([sayNote(note, 'zh'), sayNote(note, 'en')]).toEqual([zh, note])
  })

  test('a place in what was asked is said in the words of the form', () => {
    const nameOf = (key: string) => (key === 'temperature' ? '柜内温度' : key)
    const zh = linesWords.zh
    expect(sayPlace('points.temperature.register', zh, nameOf)).toBe('柜内温度 · 寄存器')
    expect(sayPlace('points.temperature.unit', zh, nameOf)).toBe('柜内温度 · 单位')
    expect(sayPlace('points.temperature', zh, nameOf)).toBe('柜内温度')
    expect(sayPlace('device.unit', zh, nameOf)).toBe('站号')
    expect(sayPlace('connection.host', zh, nameOf)).toBe('IP 地址')
    expect(sayPlace('connection', zh, nameOf)).toBe(zh.wizard.needs['connection'])
    expect(sayPlace('name', zh, nameOf)).toBe('名称')
    expect(sayPlace('nonsense', zh, nameOf)).toBe('nonsense')
  })
})

test('both languages have a word for the same protocols and settings', () => {
  for (const part of ['protocols', 'protocolHelp', 'setting'] as const)
    expect(Object.keys(linesWords.en[part])).toEqual(Object.keys(linesWords.zh[part]))
})

describe('what goes wrong while values are looked at', () => {
  const read = (...codes: readonly (string | null)[]) => ({
    points: codes.map(code => ({
      fault: code === null ? null : { code, detail: '', tryThis: { zh: code, en: code } },
    })) as unknown as WireTried['points'],
  })
  test('is counted once in a read, the latest first, and what is wrong with settings is not', () => {
    let tally = noTally
    for (const one of [read(null), read('garbled', 'garbled'), read('timeout'), read('no-such-address'), read('garbled')])
      tally = counted(tally, one)
    expect(tally.reads).toBe(5)
    expect(tally.troubles.map(({ code, times }) => [code, times])).toEqual([
      ['garbled', 2],
      ['timeout', 1],
    ])
  })
})

describe('what is still to be typed', () => {
  const { connection, equipment, point } = modbusTcp.schema
  const protocol = { kind: 'modbus-tcp', connection: { ...connection }, device: { ...equipment }, point: { ...point } }
  const name = { zh: '', en: '' }
  const type = {
    type: 'room-thermometer',
    name,
    icon: 'sensor',
    main: 'temperature',
    points: [{ key: 'temperature', name, unit: '°C', kind: 'measurement' }],
  }
  const gaps = (what: object) => gapsIn({ ...emptyDraft().what, type: type.type, ...what }, protocol, type)
  test('is what the protocol wants, at the points that are wired', () => {
    expect(gaps({})).toEqual(['device.unit', 'points.temperature'])
    expect(gaps({ device: { unit: '1' }, used: ['temperature', 'unknown'] })).toEqual(['points.temperature.register'])
    expect(gaps({ device: { unit: ' ' }, used: ['temperature'], points: { temperature: { register: '0' } } })).toEqual([
      'device.unit',
    ])
    expect(gaps({ device: { unit: '1' }, used: ['temperature'], points: { temperature: { register: '0' } } })).toEqual([])
    expect(gaps({ model: 'xy-md02' })).toEqual(['device.unit'])
    expect(gaps({ model: 'xy-md02', device: { unit: '7' } })).toEqual([])
  })
})
