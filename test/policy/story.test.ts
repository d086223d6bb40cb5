import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { Entry } from '../../gateway/journal/entry.ts'
import { loadSite } from '../../gateway/site/load.ts'
import type { Site } from '../../gateway/site/site.ts'
import { expectedLine, fieldsOf, firstDifference } from '../../gateway/story/compare.ts'
import { readStory } from '../../gateway/story/read.ts'
import { play } from '../../gateway/story/stage.ts'
import type { Expected, Story } from '../../gateway/story/story.ts'
import { instant } from '../../protocols/contract/time.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

const clinic = `
site: { id: clinic, name: Clinic }
connections: { push: { protocol: http } }
areas:
  room:
    name: Room
    equipment:
      fridge-1:
        type: vaccine-fridge
        name: Fridge
        connection: push
        points: { temperature: {}, door: {} }
      tank-1:
        type: water-tank
        name: Tank
        connection: push
        facts: { capacity: 20 m³ }
        points: { level: {}, chlorine: {} }
`

async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'story-'))
  folders.push(folder)
  for (const [name, text] of Object.entries({ 'site.yaml': clinic, ...files })) await writeFile(join(folder, name), text)
  return folder
}

async function storyOf(files: Readonly<Record<string, string>>): Promise<Story> {
  const read = await readStory(await folderOf(files))
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  return read.story
}

async function problemsOf(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const folder = await folderOf(files)
  const read = await readStory(folder)
  const problems = read.ok ? [] : read.problems
  return problems.map(({ at, wrong, write }) => `${at.file.slice(folder.length + 1)}:${at.line} ${wrong.en}; ${write.en}`)
}

async function siteOf(story: Story): Promise<Site> {
  const loaded = await loadSite(story.site, {})
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  return loaded.site
}

async function playedOf(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const story = await storyOf(files)
  const played = await play(story, await siteOf(story))
  if (!played.ok) return played.problems.map(({ at, wrong }) => `${at.line}: ${wrong.en}`)
  return played.entries.map(entry => {
    const { rule = '', verdict = '' } = fieldsOf(entry)
    return `${new Date(entry.at).toISOString().slice(11, 19)} ${entry.kind} ${String(rule)}${String(verdict)} ${entry.by}`
  })
}

const csv = (...rows: readonly string[]): string => `timestamp,point,value\n${rows.join('\n')}\n`
const temperature = (time: string, value: string | number): string => `2026-11-23T${time}Z,fridge-1.temperature,${value}`

describe('a story that is played', () => {
  test('says what the gateway would have written down, its timers included', async () => {
    const rows = Array.from({ length: 31 }, (_, minute) =>
      temperature(`08:${String(minute).padStart(2, '0')}:00`, minute < 5 ? 5 : 9),
    )

    expect(await playedOf({ 'readings.csv': csv(...rows) })).toEqual([
      '08:15:00 alarm.raised fridge-1.temperature.too-warm system',
    ])
  })

  test('rings the timers that are due at its very end, and none later', async () => {
    const rows = [temperature('08:00:00', 9), temperature('08:09:00', 9)]
    const raised = ['08:10:00 alarm.raised fridge-1.temperature.too-warm system']

    expect(await playedOf({ 'readings.csv': csv(...rows), 'story.yaml': 'until: 2026-11-23T08:10:00Z' })).toEqual(raised)
    expect(await playedOf({ 'readings.csv': csv(...rows), 'story.yaml': 'until: 2026-11-23T08:09:59Z' })).toEqual([])
  })

  test('takes bad readings for what they are: they neither raise, clear nor break a silence', async () => {
    const rows = [
      temperature('08:00:00', 5),
      temperature('08:05:00', ''),
      temperature('08:12:00', ''),
      temperature('08:14:00', 5),
    ]

    expect(await playedOf({ 'readings.csv': csv(...rows) })).toEqual([
      '08:10:00 alarm.raised fridge-1.temperature.silent system',
      '08:14:00 alarm.cleared fridge-1.temperature.silent system',
    ])
  })

  test('judges a backlog in its own time', async () => {
    const readings = `timestamp,point,value,quality,arrived
2026-11-23T08:00:00Z,fridge-1.temperature,5,good,
2026-11-23T08:05:00Z,fridge-1.temperature,9,,2026-11-23T09:00:00Z
2026-11-23T08:14:00Z,fridge-1.temperature,9,good,2026-11-23T09:00:00Z
2026-11-23T08:23:00Z,fridge-1.temperature,9,good,2026-11-23T09:00:00Z
2026-11-23T08:24:00Z,fridge-1.temperature,4,good,2026-11-23T09:00:00Z
2026-11-23T08:28:00Z,fridge-1.temperature,4,good,2026-11-23T09:00:00Z
2026-11-23T09:00:00Z,fridge-1.temperature,4,good,2026-11-23T09:01:00Z
`
    const told = await playedOf({ 'readings.csv': readings })

    expect(told.filter(line => line.includes('too-warm'))).toEqual([
      '08:15:00 alarm.raised fridge-1.temperature.too-warm system',
      '08:29:00 alarm.cleared fridge-1.temperature.too-warm system',
    ])
  })

  test('hears what people do: records are entries, and an answer is given to the alarm that stands', async () => {
    const people = [
      { at: '2026-11-23T08:12:00Z', by: 'li', acknowledge: 'fridge-1.temperature.too-warm', comment: 'on my way' },
      {
        at: '2026-11-23T08:01:00Z',
        entered: '2026-11-23T08:13:00Z',
        by: 'li',
        record: 'dosing',
        equipment: 'tank-1',
        fields: { grams: 50 },
      },
      { at: '2026-11-23T08:13:00Z', by: 'wu', record: 'inspection', equipment: 'tank-1', verdict: 'failed' },
    ]
    const files = {
      'readings.csv': csv(temperature('08:00:00', 9), temperature('08:09:00', 9), temperature('08:13:30', 9)),
      'people.ndjson': people.map(line => JSON.stringify(line)).join('\n'),
      'story.yaml': 'equipment: [fridge-1]',
    }
    expect(await playedOf(files)).toEqual([
      '08:10:00 alarm.raised fridge-1.temperature.too-warm system',
      '08:12:00 alarm.acknowledged fridge-1.temperature.too-warm li',
      '08:01:00 record.dosing passed li',
      '08:13:00 record.inspection failed wu',
    ])
  })

  test('leaves out rules of equipment that takes no part, and of points of which it never speaks', async () => {
    const story = await storyOf({ 'readings.csv': csv(temperature('08:00:00', 5)), 'story.yaml': 'until: 2026-11-24T08:00:00Z' })
    const played = await play(story, await siteOf(story))

    expect(story.equipment).toEqual(['fridge-1'])
    expect(played.ok && played.entries.map(entry => fieldsOf(entry)['point'])).toEqual(['fridge-1.temperature'])
  })

  test.each([
    [
      'a point',
      { 'readings.csv': csv('2026-11-23T08:00:00Z,fridge-9.temperature,5') },
      'the site has no point fridge-9.temperature',
    ],
    [
      'equipment',
      { 'people.ndjson': '{"at":"2026-11-23T08:00:00Z","by":"li","record":"dosing","equipment":"tank-9"}' },
      'the site has no equipment tank-9',
    ],
    [
      'a rule',
      { 'people.ndjson': '{"at":"2026-11-23T08:00:00Z","by":"li","acknowledge":"tank-1.nothing"}' },
      'the site has no rule tank-1.nothing',
    ],
    [
      'somebody who takes part',
      { 'readings.csv': csv(temperature('08:00:00', 5)), 'story.yaml': 'equipment: [fridge-7]' },
      'the site has no equipment fridge-7',
    ],
    [
      'an alarm',
      { 'people.ndjson': '{"at":"2026-11-23T08:00:00Z","by":"li","acknowledge":"fridge-1.temperature.too-warm"}' },
      'at that time fridge-1.temperature.too-warm has no alarm to acknowledge',
    ],
  ])('cannot speak of %s that is not there', async (_name, files, said) => {
    expect((await playedOf(files)).join('\n')).toContain(said)
  })
})

describe("a story's files", () => {
  test.each([
    [{}, /^story.yaml:1 nothing happens in this story/],
    [{ 'readings.csv': 'time,point,value\n' }, /^readings.csv:1 wrong columns: timestamp, time;/],
    [{ 'readings.csv': csv('noon,fridge-1.temperature,5') }, /^readings.csv:2 "noon" is no time/],
    [{ 'readings.csv': csv(temperature('08:00:00', 'warm')) }, /^readings.csv:2 "warm" is no number/],
    [
      { 'readings.csv': `timestamp,point,value,quality\n${temperature('08:00:00', 5)},fine` },
      /^readings.csv:2 quality "fine" is unknown/,
    ],
    [
      { 'readings.csv': `timestamp,point,value,arrived\n${temperature('08:00:00', 5)},later` },
      /^readings.csv:2 "later" is no time/,
    ],
    [{ 'people.ndjson': '\n// a note\nnot json' }, /^people.ndjson:3 this line is no JSON object/],
    [{ 'people.ndjson': '{"at":"2026-11-23T08:00:00Z","by":"li"}' }, /^people.ndjson:1 what this person did is not clear/],
    [{ 'people.ndjson': '{"by":"li","acknowledge":"x"}' }, /^people.ndjson:1 "undefined" is no time/],
    [
      {
        'people.ndjson': '{"at":"2026-11-23T08:00:00Z","by":"li","record":"dosing","equipment":"tank-1","fields":{"grams":[1]}}',
      },
      /what this person did is not clear/,
    ],
    [{ 'story.yaml': 'from: tomorrow\nuntil: 2026-11-23T08:00:00Z' }, /^story.yaml:1 "tomorrow" is no time/],
    [{ 'story.yaml': 'colour: red\nfrom: 1\nuntil: 2' }, /^story.yaml:1 "colour" is unknown; known are title, site/],
    [{ 'story.yaml': 'from: 1\nuntil: 2\nequipment: cold-1' }, /^story.yaml:3 equipment is a list/],
    [{ 'story.yaml': 'from: 1\nuntil: 2\nsite: nowhere.yaml' }, /there is no site file .*nowhere.yaml/],
    [{ 'story.yaml': 'title: [' }, /^story.yaml:\d/],
    [
      { 'story.yaml': 'from: 2026-11-23T08:30:00Z', 'readings.csv': csv(temperature('08:00:00', 5), temperature('09:00:00', 5)) },
      /^readings.csv:2 this happens before from or after until/,
    ],
    [
      { 'journal.expected.ndjson': '[]', 'story.yaml': 'from: 1\nuntil: 2' },
      /^journal.expected.ndjson:1 this line is no JSON object/,
    ],
  ])('%j are told with file and line', async (files, said) => {
    expect((await problemsOf(files)).join('\n')).toMatch(said)
  })

  test('may say the title once or in two languages, and nothing is expected where nobody has said', async () => {
    const readings = { 'readings.csv': csv(temperature('08:00:00', 5)) }

    expect(await storyOf({ ...readings, 'story.yaml': 'title: A day' })).toMatchObject({ title: { zh: 'A day', en: 'A day' } })
    expect(await storyOf({ ...readings, 'story.yaml': 'title: { zh: 一天, en: A day }' })).toMatchObject({
      title: { zh: '一天' },
    })
    expect(await storyOf(readings)).toMatchObject({ title: undefined, expected: undefined })
    expect(await storyOf({ ...readings, 'journal.expected.ndjson': '' })).toMatchObject({ expected: [] })
  })

  test('may name a site elsewhere', async () => {
    const site = await folderOf({})
    await mkdir(join(site, 'inner'))
    await writeFile(join(site, 'inner', 'readings.csv'), csv(temperature('08:00:00', 5)))
    await writeFile(join(site, 'inner', 'story.yaml'), 'site: ../site.yaml')
    const read = await readStory(join(site, 'inner'))

    expect(read.ok && read.story.site).toBe(join(site, 'site.yaml'))
    expect(read.ok && read.story.name).toBe('inner')
  })
})

describe('what is expected', () => {
  const entry = (kind: string, data: object, more = {}): Entry => ({
    seq: 1,
    at: instant(Date.UTC(2026, 10, 23, 8)),
    writtenAt: instant(0),
    leaf: '',
    by: 'system',
    kind,
    data: data as Entry['data'],
    ...more,
  })
  const raised = entry('alarm.raised', {
    alarm: { id: 'A1', rule: 'cold-1.temperature.too-warm', since: Date.UTC(2026, 10, 23, 7, 40), value: 0.1 + 0.2, times: 1 },
    clause: 'CAN-1',
    title: { zh: '保鲜柜温度过高', en: 'Cabinet too warm' },
    tell: ['a', 'b'],
    equipment: 'cold-1',
  })
  const cycle = entry('record.disinfection', {
    rule: 'disinfection-1.temperature.cycle',
    from: Date.UTC(2026, 10, 23, 6),
    verdict: 'passed',
    figures: { holdMinutes: 12, peakCelsius: 121.5 },
    equipment: 'disinfection-1',
  })
  const want = (fields: object): Expected => ({ line: { file: 'x', line: 1 }, fields: fields as Expected['fields'] })

  test.each([
    ['nothing but the kind', { kind: 'alarm.raised' }],
    ['a time in another zone', { at: '2026-11-23T16:00:00+08:00', since: '2026-11-23T15:40:00+08:00' }],
    ['a time in milliseconds', { at: Date.UTC(2026, 10, 23, 8) }],
    ['a number but for its last digit', { value: 0.3 }],
    ['a sentence in either language', { title: 'Cabinet too warm' }],
    ['a sentence in the other', { title: '保鲜柜温度过高' }],
    ['a part of an object', { title: { zh: '保鲜柜温度过高' } }],
    ['a list', { tell: ['a', 'b'] }],
  ])('may be %s', (_name, fields) => {
    expect(firstDifference([want(fields)], [raised])).toBeUndefined()
  })

  test.each([
    ['another kind', { kind: 'alarm.cleared' }, 'kind'],
    ['another time', { at: '2026-11-23T16:00:01+08:00' }, 'at'],
    ['another number', { value: 0.31 }, 'value'],
    ['another sentence', { title: 'Cabinet warm' }, 'title'],
    ['another part', { title: { en: 'x' } }, 'title.en'],
    ['an object where there is none', { clause: { id: 'CAN-1' } }, 'clause'],
    ['a shorter list', { tell: ['a'] }, 'tell'],
    ['another list', { tell: ['a', 'c'] }, 'tell'],
    ['a field that is not there', { because: 'x' }, 'because'],
    ['a text for a number', { times: 'one' }, 'times'],
  ])('is not %s', (_name, fields, name) => {
    expect(firstDifference([want(fields)], [raised])).toMatchObject({ entry: 1, what: 'other', fields: [{ name }] })
  })

  test('is all of it, in order', () => {
    const [one, two] = [want({ kind: 'alarm.raised' }), want({ kind: 'record.disinfection', figures: { holdMinutes: 12 } })]

    expect(firstDifference([one, two], [raised, cycle])).toBeUndefined()
    expect(firstDifference([one, two], [cycle, raised])).toMatchObject({ entry: 1, what: 'other' })
    expect(firstDifference([one, two], [raised])).toMatchObject({ entry: 2, what: 'missing', expected: two })
    expect(firstDifference([one], [raised, cycle])).toMatchObject({ entry: 2, what: 'unexpected', got: cycle })
    expect(firstDifference([], [])).toBeUndefined()
  })

  test('can be written down from what the journal says, and then it is what is expected', () => {
    const answered = entry('alarm.acknowledged', { alarm: { id: 'A1', rule: 'r' }, clause: 'C', comment: 'ok' }, { by: 'li' })
    const dosing = entry('record.dosing', { equipment: 'tank-1', verdict: 'passed', fields: { grams: 50 } }, { by: 'li' })
    const entries = [raised, answered, cycle, dosing]
    const lines = entries.map(one => expectedLine(one, 'Asia/Shanghai'))

    expect(lines[0]).toBe(
      '{"at":"2026-11-23T16:00:00.000+08:00","kind":"alarm.raised","rule":"cold-1.temperature.too-warm","clause":"CAN-1",' +
        '"since":"2026-11-23T15:40:00.000+08:00","value":0.30000000000000004}',
    )
    expect(lines[1]).toContain('"by":"li","comment":"ok"')
    expect(lines[2]).toContain('"verdict":"passed","from":"2026-11-23T14:00:00.000+08:00","figures":{"holdMinutes":12')
    expect(lines[3]).toContain('"by":"li","equipment":"tank-1","verdict":"passed","fields":{"grams":50}')
    expect(
      firstDifference(
        lines.map(line => want(JSON.parse(line))),
        entries,
      ),
    ).toBeUndefined()
  })
})
