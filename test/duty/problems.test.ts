import { describe, expect, test } from 'vitest'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { loadSite, readSite } from '../../gateway/site/load.ts'
import { loadShelf } from '../../gateway/site/shelf.ts'
import { minutes } from '../../protocols/contract/time.ts'
import { tiny } from '../site/tiny.ts'

const shelf = await loadShelf()

const good = `site:
  id: greenhill
  name: 青山小学
  policies: [canteen]

connections:
  bus: { protocol: tiny, host: 10.0.0.5 }

areas:
  canteen:
    name: { zh: 食堂, en: Canteen }
    equipment:
      cold-1:
        type: fresh-keeping-cabinet
        connection: bus
        unit: 1
        facts: { holds: cooked }
        points:
          temperature: { register: 0 }
          door: { register: 1 }

people:
  wang:
    name: { zh: 王芳, en: Wang Fang }
    account: wangfang
    roles: [食堂主管, 综合部, 管理员]
    phone: '13800000000'
    email: w@example.org
  li: { name: 李强, wecom: LiQiang }
  zhao: { name: 赵六 }

duty:
  rosters:
    guard:
      name: { zh: 保安值班, en: Guard }
      shifts: { day: '07:30-19:30', night: { name: 夜班, hours: '19:30-07:30' } }
      from: 2026-09-01
      rotation:
        - { day: wang, night: li }
        - { day: li, night: zhao }
      nonWorking: { from: 2026-09-05, rotation: [{ day: zhao, night: wang }] }
      swaps: [{ on: 2026-10-03, shift: night, person: wang, reason: 换班 }]
  roles:
    值班人员: guard
  cells:
    canteen-cell: { name: 食堂网格, areas: [canteen], head: wang, above: station }
    station: { name: 后勤站, head: [li] }
  routes:
    - { clauses: [CAN-1, 'CAN-*'], areas: [canteen], equipment: [cold-1], priorities: [high], tell: [guard, li] }
  escalate: { high: [5m, 15m], low: [8h, 24h] }
  quiet: { hours: '22:00-07:00', priorities: [advisory, low] }
`.replace('head: [li]', 'head: li')

const check = (text: string) => readSite([{ name: 'site.yaml', text }], {}, [tiny], shelf)

/** The good file with one spot changed; ▸ stands where the problem must point. */
function wrong(from: string, to: string) {
  if (!good.includes(from)) throw new Error(`not in the file: ${from}`)
  const marked = good.replace(from, to)
  const before = marked.slice(0, marked.indexOf('▸')).split('\n')
  const place = `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`
  const loaded = check(marked.replace('▸', ''))
  return { place, problems: loaded.problems, loaded }
}

const rows: readonly [name: string, from: string, to: string, code: string, zh: string, write: string][] = [
  ['a person without a name', 'zhao: { name: 赵六 }', '▸zhao: {}', 'missing', '缺少 `name`', '写 `name: 王芳`'],
  ['a person that is a word', 'zhao: { name: 赵六 }', 'zhao: ▸赵六', 'wrong-type', '这里要一组“键：值”', '缩进'],
  ['a mistyped key of a person', 'wecom: LiQiang', '▸wecon: LiQiang', 'unknown-key', '这里没有 `wecon` 这个键', '写 `wecom`'],
  [
    'an id with capitals',
    'zhao: { name: 赵六 }',
    '▸Zhao: { name: 赵六 }\n  zhao: { name: 赵六 }',
    'bad-id',
    '`Zhao` 不能作编号',
    '`zhao`',
  ],
  ['a phone number without quotes', "'13800000000'", '▸13800000000', 'wrong-type', '这里要文字', "`'13800000000'`"],
  ['an address that is none', 'w@example.org', '▸w.example.org', 'bad-value', '“w.example.org”不是邮箱地址', 'w@example.org'],
  ['an unknown language', 'wecom: LiQiang', 'language: ▸fr', 'unknown-word', '不认识 "fr"', '`zh`'],
  ['an unknown channel', 'wecom: LiQiang', 'channels: [▸robot]', 'unknown-channel', '没有渠道 `robot`', '`channels:`'],
  [
    'one account for two',
    'wecom: LiQiang',
    'account: ▸wangfang',
    'duplicate-account',
    '账号 `wangfang` 已经是 `wang` 的',
    '一个账号只归一个人',
  ],
  ['an unknown key of duty', '  roles:\n', '  ▸role: {}\n  roles:\n', 'unknown-key', '这里没有 `role` 这个键', '写 `roles`'],
  ['a roster with the id of a person', '    guard:\n', '    ▸li:\n', 'duplicate-id', '`li` 已经是一个人的编号', '`li-duty`'],
  [
    'a roster without shifts',
    "      shifts: { day: '07:30-19:30', night: { name: 夜班, hours: '19:30-07:30' } }\n",
    '',
    'missing',
    '缺少 `shifts`',
    'shifts:',
  ],
  [
    'a shift without hours',
    "night: { name: 夜班, hours: '19:30-07:30' }",
    '▸night: { name: 夜班 }',
    'missing',
    '缺少 `hours`',
    "'07:30-15:30'",
  ],
  ['hours that are none', "hours: '19:30-07:30'", "hours: ▸'19:30'", 'bad-hours', '"19:30" 不是起止时刻', "'22:00-06:00'"],
  ['shifts that overlap', "hours: '19:30-07:30'", "hours: ▸'19:00-07:30'", 'shift-overlap', '与“白班”重叠', '首尾相接'],
  [
    'shifts that overlap over midnight',
    "hours: '19:30-07:30'",
    "hours: ▸'19:30-08:00'",
    'shift-overlap',
    '与“白班”重叠',
    '首尾相接',
  ],
  ['a roster without its first day', '      from: 2026-09-01\n', '', 'missing', '缺少 `from`', '2026-09-01'],
  ['a day that does not exist', 'from: 2026-09-01', 'from: ▸2026-02-31', 'bad-value', '"2026-02-31" 不是日期', '2026-09-01'],
  ['a day in another century', 'from: 2026-09-01', 'from: ▸1026-09-01', 'bad-value', '"1026-09-01" 不是日期', '2026-09-01'],
  [
    'a rotation that is no list',
    '        - { day: wang, night: li }\n        - { day: li, night: zhao }\n',
    '        ▸day: wang\n',
    'wrong-type',
    '这里要列表',
    '[甲, 乙]',
  ],
  [
    'an unknown person on a shift',
    '{ day: wang, night: li }',
    '{ day: ▸wong, night: li }',
    'unknown-person',
    '没有 `wong` 这个人',
    '写 `wang`',
  ],
  [
    'an unknown shift in a line',
    '{ day: wang, night: li }',
    '{ day: wang, night: li, ▸nihgt: li }',
    'unknown-key',
    '这里没有 `nihgt` 这个键',
    '写 `night`',
  ],
  [
    'an unknown person on days off',
    '[{ day: zhao, night: wang }]',
    '[{ day: zhao, night: ▸nobody }]',
    'unknown-person',
    '没有 `nobody` 这个人',
    '`wang`、`li`、`zhao`',
  ],
  ['a swap of an unknown shift', 'shift: night,', 'shift: ▸noon,', 'unknown-shift', '不认识 "noon"', '`day`'],
  ['a swap without a person', ' person: wang,', '', 'missing', '缺少 `person`', 'person: wang'],
  [
    'a role that means nobody known',
    '值班人员: guard',
    '值班人员: [wang, ▸gard]',
    'unknown-person',
    '没有叫 `gard` 的人或值班表',
    '写 `guard`',
  ],
  [
    'a cell of an unknown area',
    'areas: [canteen], head',
    'areas: [▸canten], head',
    'unknown-area',
    '不认识 "canten"',
    '写 `canteen`',
  ],
  [
    'an area in two cells',
    'name: 后勤站,',
    'name: 后勤站, areas: [▸canteen],',
    'duplicate-area',
    '`canteen` 已经归 `canteen-cell`',
    '一个区域只归一个网格',
  ],
  ['an unknown cell above', 'above: station', 'above: ▸centre', 'unknown-cell', '不认识 "centre"', '`canteen-cell`'],
  ['a cell without a head', 'head: wang, above', 'above', 'missing', '缺少 `head`', 'head: wang'],
  ['an unknown head', 'head: li', 'head: ▸lii', 'unknown-person', '没有叫 `lii` 的人或值班表', '写 `li`'],
  [
    'cells in a circle',
    'above: station }\n    station: { name: 后勤站, head: li }',
    'above: ▸station }\n    station: { name: 后勤站, head: li, above: canteen-cell }',
    'cell-circle',
    '网格绕成了一圈：canteen-cell → station → canteen-cell',
    '不写 above',
  ],
  ['an unknown clause', 'clauses: [CAN-1,', 'clauses: [▸CAN-99,', 'unknown-clause', '没有条文 `CAN-99`', 'CAN-'],
  ['a book that is not in force', "'CAN-*'", "▸'FIR-*'", 'unknown-clause', '没有条文 `FIR-*`', 'CAN-'],
  ['an unknown equipment', 'equipment: [cold-1]', 'equipment: [▸cold-2]', 'unknown-equipment', '不认识 "cold-2"', '写 `cold-1`'],
  [
    'an unknown area of a route',
    'areas: [canteen], equipment',
    'areas: [▸clinic], equipment',
    'unknown-area',
    '不认识 "clinic"',
    '`canteen`',
  ],
  ['an unknown priority', 'priorities: [high]', 'priorities: [▸urgent]', 'unknown-priority', '不认识 "urgent"', '`advisory`'],
  ['a route that tells nobody', ', tell: [guard, li]', '', 'missing', '缺少 `tell`', 'tell: [wang]'],
  [
    'a channel of a route that is not there',
    'tell: [guard, li]',
    'tell: [guard, li], channels: [▸sms]',
    'unknown-channel',
    '没有渠道 `sms`',
    '`channels:`',
  ],
  ['escalation that does not rise', 'high: [5m, 15m]', 'high: [5m, ▸5m]', 'bad-value', '每一级的时间要比前一级长', '[5m, 15m]'],
  ['escalation without a unit', 'high: [5m, 15m]', 'high: [▸5, 15m]', 'bad-duration', '5 不是一段时间', '`5s`'],
  ['escalation of an unknown priority', 'low: [8h, 24h]', '▸lw: [8h, 24h]', 'unknown-key', '这里没有 `lw` 这个键', '写 `low`'],
  ['quiet hours that are none', "hours: '22:00-07:00'", "hours: ▸'22'", 'bad-hours', '"22" 不是起止时刻', "'22:00-06:00'"],
  ['quiet hours for high alarms', '[advisory, low]', '[advisory, ▸high]', 'bad-value', '严重报警不能等到早上', '去掉 high'],
  ['quiet hours without hours', "hours: '22:00-07:00', ", '', 'missing', '缺少 `hours`', 'hours:'],
]

describe('a mistake about people and duty', () => {
  test.each(rows)('%s is told with its place, in both languages', (_name, from, to, code, zh, write) => {
    const { place, problems, loaded } = wrong(from, to)
    const found = problems.find(problem => problem.code === code)
    expect(problems.map(problem => problem.code)).toContain(code)
    if (to.includes('▸')) expect(`${found?.line}:${found?.column}`).toBe(place)
    expect(found?.wrong.zh).toContain(zh)
    expect(found?.write.zh).toContain(write)
    expect(found?.wrong.en).toMatch(/^[ -~→]+$|[`"]/)
    expect(found?.severity).toBe('error')
    expect(loaded.ok).toBe(false)
  })
})

describe('what is allowed and yet worth a word', () => {
  const warned = (from: string, to: string) => {
    const { place, problems, loaded } = wrong(from, to)
    expect(loaded.ok).toBe(true)
    return {
      place,
      found: problems.map(({ line, column, code, wrong: { zh, en } }) => ({ at: `${line}:${column}`, code, zh, en })),
    }
  }
  test('is nothing in the good file', () => {
    expect(check(good).problems).toEqual([])
  })
  test('are the hours that no shift covers', () => {
    const { place, found } = warned(
      "shifts: { day: '07:30-19:30', night: { name: 夜班, hours: '19:30-07:30' } }",
      "shifts: ▸{ day: '07:30-19:30', night: '20:00-06:00' }",
    )
    expect(found).toEqual([
      { at: place, code: 'roster-gap', zh: '19:30-20:00、06:00-07:30 没有班次', en: 'no shift covers 19:30-20:00, 06:00-07:30' },
    ])
  })
  test('is a line that leaves a shift to nobody, with its first day', () => {
    // 2 September has the second line and is a Wednesday; days off have a rotation of their own.
    const { place, found } = warned('- { day: li, night: zhao }', '- ▸{ day: li }')
    expect(found).toEqual([
      {
        at: place,
        code: 'roster-hole',
        zh: '夜班没有人，第一次是 2026-09-02',
        en: 'nobody has 夜班, the first time on 2026-09-02',
      },
    ])
  })
  test('is the first day off in the rotation of days off', () => {
    const { place, found } = warned(
      'rotation: [{ day: zhao, night: wang }]',
      'rotation: [{ day: zhao, night: wang }, ▸{ night: li }]',
    )
    expect(found).toEqual([
      {
        at: place,
        code: 'roster-hole',
        zh: '白班没有人，第一次是 2026-09-06',
        en: 'nobody has Day, the first time on 2026-09-06',
      },
    ])
  })
  test('are all the words of clauses that mean nobody, once', () => {
    const { found } = warned('roles: [食堂主管, 综合部, 管理员]\n', 'roles: [综合部]\n')
    expect(found).toEqual([
      {
        at: '43:3',
        code: 'role-unanswered',
        zh: '条文要通知的 管理员、食堂主管 没有对应的人',
        en: 'nobody answers for these words of the clauses: Administrator, Canteen supervisor',
      },
    ])
  })
  test('is a person whom no channel of the site reaches', () => {
    const channels = 'channels:\n  mail: { kind: smtp, host: 127.0.0.1, from: z@example.org }\n'
    const codes = check(good + channels).problems.filter(({ code }) => code === 'person-unreachable')
    expect(codes.map(({ path, severity }) => `${severity} ${path}`)).toEqual(['warning people.li', 'warning people.zhao'])
  })
  test('is nothing where a machine is told for everybody', () => {
    const channels = "channels:\n  hook: { kind: webhook, url: 'http://127.0.0.1/', secret: abcdefghijklmnopqrstuvwxyz }\n"
    expect(check(good + channels).problems.filter(({ code }) => code === 'person-unreachable')).toEqual([])
  })
})

describe('what is read', () => {
  test('is people with the handles of their phone and mail, unless said otherwise', () => {
    const loaded = check(good)
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
    const { people, roles, rosters, cells, routes, escalate, quiet } = loaded.site.duty
    expect(people.get('wang')).toEqual({
      id: 'wang',
      name: { zh: '王芳', en: 'Wang Fang' },
      account: 'wangfang',
      roles: ['食堂主管', '综合部', '管理员'],
      language: 'zh',
      channels: [],
      handles: { sms: '13800000000', dingtalk: '13800000000', smtp: 'w@example.org' },
    })
    expect(people.get('li')?.handles).toEqual({ wecom: 'LiQiang' })
    expect(Object.fromEntries(roles)).toEqual({ 值班人员: ['guard'], 食堂主管: ['wang'], 综合部: ['wang'], 管理员: ['wang'] })
    expect(rosters.get('guard')?.shifts).toEqual([
      { id: 'day', name: { zh: '白班', en: 'Day' }, span: { from: 450, to: 1_170 } },
      { id: 'night', name: { zh: '夜班', en: '夜班' }, span: { from: 1_170, to: 1_890 } },
    ])
    expect(cells.get('canteen-cell')).toMatchObject({ head: 'wang', areas: ['canteen'], above: 'station' })
    expect(routes).toEqual([
      { clauses: ['CAN-1', 'CAN-*'], areas: ['canteen'], equipment: ['cold-1'], priorities: ['high'], tell: ['guard', 'li'] },
    ])
    expect(escalate).toMatchObject({ high: [minutes(5), minutes(15)], medium: [minutes(30), minutes(120)] })
    expect(quiet).toEqual({ span: { from: 1_320, to: 1_860 }, priorities: ['advisory', 'low'] })
  })
  test('is a site without people where nothing is written, and people alone where that is all', () => {
    const [without = ''] = good.split('\npeople:')
    const [alone = ''] = good.split('\nduty:')
    const [none, some] = [check(without), check(alone)]
    expect(none.ok && none.site.duty.people.size).toBe(0)
    expect(some.ok && [...some.site.duty.roles.keys()]).toEqual(['食堂主管', '综合部', '管理员'])
  })
  test('is a swap once for each roster it was written for, in its own words', () => {
    const loaded = check(good)
    expect(loaded.ok && loaded.site.duty.rosters.get('guard')?.swaps).toMatchObject([
      { roster: 'guard', shift: 'night', person: 'wang', reason: '换班' },
    ])
  })
  test('is what the documentation shows, with nothing but a word about clauses it names nobody for', async () => {
    const guide = await readFile(new URL('../../docs/duty.md', import.meta.url), 'utf8')
    const [, yaml = ''] = /```yaml\n([^]*?)```/.exec(guide) ?? []
    const [place = ''] = good.replace('[canteen]', '[canteen, gas, fire]').split('\npeople:')
    const mail = '\nchannels:\n  mail: { kind: smtp, host: 127.0.0.1, security: none, from: z@example.org }\n'
    const { ok, problems } = check(`${place}\n${yaml}${mail}`)
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(ok).toBe(true)
    expect(problems.filter(({ path }) => /^(people|duty)/.test(path)).map(({ code }) => code)).toEqual([
      'person-unreachable',
      'person-unreachable',
      'person-unreachable',
      'role-unanswered',
    ])
  })
  test('is the demo facility without a word', async () => {
    const loaded = await loadSite(fileURLToPath(new URL('../../simulators/school/site.yaml', import.meta.url)), {})
    expect(loaded.problems).toEqual([])
  })
})
