import { describe, expect, test } from 'vitest'
import { days, hours, instant, minutes, seconds } from '../../protocols/contract/time.ts'
import type { AlarmId } from '../../gateway/alarm/alarm.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import { nobody } from '../../gateway/duty/duty.ts'
import { duty, noon, person, silent } from './small-site.ts'
import { Stand } from './stand.ts'

describe('a call', () => {
  test('is told once to everybody whom the clause names', () => {
    const stand = new Stand()
    stand.raise('cold-1')
    expect(stand.told).toEqual(['wang raised A1', 'chen raised A1'])
    const [notice] = stand.notices()
    expect(notice?.title.zh).toBe('【警告】cold-1 柜 柜内温度 9.4 °C，高于 8 °C')
    expect(notice?.text.zh.split('\n')).toEqual([
      'cold-1 柜 柜内温度 9.4 °C，高于 8 °C',
      '自 12:00 起，食堂。',
      '依据：CAN-1 保鲜柜 0–8 °C',
      '怎么办：关好柜门',
      '同时通知：chen先生（食堂主管）',
    ])
    expect(notice?.text.en).toContain('What to do: Close the door')
    expect(stand.drafts.filter(({ kind }) => kind === 'notice.queued').map(({ about }) => about)).toEqual(['A1', 'A1'])
  })

  test('climbs when nobody answers: the station after half an hour, the centre after two hours, and nobody after that', () => {
    const stand = new Stand()
    stand.raise('cold-1')
    stand.takeTold()
    stand.passes(minutes(29))
    expect(stand.takeTold()).toEqual([])
    stand.passes(minutes(1))
    expect(stand.takeTold()).toEqual(['li escalated A1'])
    stand.passes(hours(1.5))
    expect(stand.takeTold()).toEqual(['zhao escalated A1'])
    stand.passes(days(3))
    expect(stand.takeTold()).toEqual([])
  })

  test('tells whom it has come up to how long nobody answered and who knew before', () => {
    const stand = new Stand()
    stand.raise('cold-1')
    stand.passes(minutes(30))
    const text = stand.notices().find(({ person: who }) => who === 'li')?.text
    expect(text?.zh).toContain('已 30 分钟无人应答，上报到您（后勤站）。')
    expect(text?.zh).toContain('此前已通知：wang先生（食堂主管）、chen先生（食堂主管）')
    expect(text?.en).toContain('Nobody has answered for 30 min; it has come up to you (Station).')
  })

  test('ends with the answer: those above are told who answered, those of the same level are not', () => {
    const stand = new Stand()
    stand.raise('cold-1')
    stand.deliver()
    stand.passes(minutes(30))
    stand.deliver()
    stand.takeTold()
    stand.acknowledge('cold-1', 'chen')
    expect(stand.takeTold()).toEqual(['li answered A1'])
    expect(stand.notices()[0]?.text.zh).toContain('chen先生 于 12:30 确认，正在处理。')
    stand.passes(days(1))
    expect(stand.takeTold()).toEqual([])
  })

  test('does not tell the one who answered that somebody has', () => {
    const stand = new Stand()
    stand.raise('cold-1')
    stand.passes(minutes(30))
    stand.deliver()
    stand.takeTold()
    stand.acknowledge('cold-1', 'LI')
    expect(stand.takeTold()).toEqual([])
  })

  test('that has not gone out when somebody answers need not go out', () => {
    const stand = new Stand()
    stand.raise('cold-1')
    stand.takeTold()
    stand.acknowledge('cold-1')
    expect(stand.takeTold()).toEqual(['(wang raised A1 not needed)', '(chen raised A1 not needed)'])
    expect(stand.dispatcher.toldOf('A1' as AlarmId).map(({ outcome }) => outcome)).toEqual(['not-needed', 'not-needed'])
    stand.clear('cold-1')
    expect(stand.takeTold()).toEqual([])
  })

  test('is told as over once, to those who were told', () => {
    const stand = new Stand()
    stand.raise('cold-1')
    stand.deliver()
    stand.takeTold()
    stand.passes(minutes(10))
    stand.clear('cold-1')
    expect(stand.takeTold()).toEqual(['wang cleared A1', 'chen cleared A1'])
    expect(stand.notices()[0]?.text.zh).toContain('自 12:00 至 12:10，共 10 分钟。')
    stand.acknowledge('cold-1')
    expect(stand.takeTold()).toEqual([])
  })

  test('of a medium alarm that has left by itself climbs no further; of a high one it does', () => {
    const stand = new Stand({
      equipment: [
        ['cold-1', 'medium'],
        ['gas-1', 'high'],
      ],
    })
    stand.raise('cold-1')
    stand.raise('gas-1')
    stand.clear('cold-1')
    stand.clear('gas-1')
    stand.deliver()
    stand.takeTold()
    stand.passes(hours(3))
    expect(stand.takeTold()).toEqual(['li escalated A2', 'zhao escalated A2'])
    expect(stand.notices()[0]?.text.zh).toContain('情况已经过去，但仍无人应答。')
  })

  test('that comes again is a new call, from the bottom', () => {
    const stand = new Stand()
    stand.raise('cold-1')
    stand.passes(minutes(30))
    stand.clear('cold-1')
    stand.deliver()
    stand.takeTold()
    stand.raise('cold-1')
    expect(stand.takeTold()).toEqual(['wang raised A1', 'chen raised A1'])
    stand.passes(minutes(30))
    expect(stand.takeTold()).toEqual(['li escalated A1'])
  })

  test('of an acknowledged alarm that lasts calls again', () => {
    const stand = new Stand({ equipment: [['cold-1', 'medium', { reAlarm: hours(1) }]] })
    stand.raise('cold-1')
    stand.deliver()
    stand.acknowledge('cold-1')
    stand.takeTold()
    stand.passes(hours(1))
    expect(stand.takeTold()).toEqual(['wang raised A1', 'chen raised A1'])
  })

  test('ends with the shelf, with the permit and with its rule; the unshelved one is a new call', () => {
    const stand = new Stand()
    stand.raise('cold-1')
    stand.takeTold()
    stand.command('cold-1', { do: 'shelve', for: hours(2), reason: 'r', oneShot: false })
    expect(stand.takeTold()).toEqual(['(wang raised A1 not needed)', '(chen raised A1 not needed)'])
    stand.passes(hours(1.9))
    expect(stand.takeTold()).toEqual([])
    stand.passes(hours(0.2))
    expect(stand.takeTold()).toEqual(['wang raised A1', 'chen raised A1'])
  })

  test('of a rule of escalation sends nothing: the escalation of the notices is what it means', () => {
    const watches = ['cold-1.alarm:unanswered' as PointId]
    const stand = new Stand({ equipment: [['cold-1', 'high', { watches }]] })
    stand.raise('cold-1')
    stand.passes(hours(3))
    expect(stand.told).toEqual([])
  })

  test('that nobody can be found for is on record and shown', () => {
    const stand = new Stand({ duty: { ...duty, roles: new Map(), cells: new Map() } })
    stand.raise('cold-1')
    expect(stand.drafts.filter(({ kind }) => kind === 'notice.failed')).toMatchObject([
      { about: 'A1', data: { why: { zh: '无人可通知' }, alarms: ['A1'] } },
    ])
    expect(stand.dispatcher.toldOf('A1' as AlarmId)).toMatchObject([{ person: '', outcome: 'failed', proof: '无人可通知' }])
  })

  test('goes up at once past those whom no channel reaches', () => {
    const stand = new Stand()
    stand.unreachable = new Set(['wang', 'chen'])
    stand.raise('cold-1')
    expect(stand.told).toEqual(['li raised A1'])
    expect(stand.drafts.filter(({ kind }) => kind === 'notice.failed').map(({ data }) => data['person'])).toEqual([
      'wang',
      'chen',
    ])
    stand.deliver()
    stand.drafts.length = 0
    stand.passes(minutes(30))
    expect(stand.takeTold()).toEqual([])
    stand.passes(hours(2))
    expect(stand.takeTold()).toEqual(['zhao escalated A1'])
  })

  test.each([
    ['has named nobody', { duty: nobody }],
    ['has no channel', { channels: [] }],
  ])('on a site that %s is shown and told to no phone', (_what, options) => {
    const stand = new Stand(options)
    stand.raise('cold-1')
    stand.passes(hours(3))
    expect(stand.drafts.filter(({ kind }) => kind.startsWith('notice.'))).toEqual([])
    expect(stand.checkpoints.has('notices:counter')).toBe(false)
  })
})

describe('an act that could not be written', () => {
  test('leaves the escalation and the waiting notices as they were', () => {
    const stand = new Stand()
    stand.raise('cold-1')
    const before = stand.notices()
    stand.takeTold()
    stand.commandInVain('cold-1', { do: 'acknowledge', comment: '' })
    expect(stand.notices()).toEqual(before)
    stand.passes(minutes(30))
    expect(stand.takeTold()).toEqual(['li escalated A1'])
  })
})

describe('a restart', () => {
  test('keeps escalating at the very moment it was due, and says nothing twice', () => {
    const stand = new Stand()
    stand.raise('cold-1')
    stand.passes(minutes(20))
    stand.restart()
    stand.takeTold()
    expect(stand.notices().map(({ person: who }) => who)).toEqual(['wang', 'chen'])
    stand.passes(minutes(9.9))
    expect(stand.takeTold()).toEqual([])
    stand.passes(minutes(0.1))
    expect(stand.takeTold()).toEqual(['li escalated A1'])
  })

  test('with rows that a failing disk has changed leaves the rest standing', () => {
    const stand = new Stand()
    stand.raise('cold-1')
    stand.checkpoints.set('notice:N1', { id: 'N1', tex: 1 })
    stand.checkpoints.set('call:A9', 'nonsense')
    stand.checkpoints.set('notices:counter', 'x')
    stand.restart()
    expect(stand.notices().map(({ id }) => id)).toEqual(['N2'])
    stand.passes(minutes(30))
    expect(stand.notices().map(({ id }) => id)).toEqual(['N2', 'N3'])
  })

  test('remembers for a day who was told of what is over, and no longer', () => {
    const stand = new Stand()
    stand.raise('cold-1')
    stand.deliver()
    stand.acknowledge('cold-1')
    stand.clear('cold-1')
    stand.deliver()
    const told = () => stand.dispatcher.toldOf('A1' as AlarmId).map(one => `${one.person} ${one.occasion} ${one.outcome}`)
    const all = ['wang raised delivered', 'chen raised delivered', 'wang cleared delivered', 'chen cleared delivered']
    stand.passes(hours(20))
    expect(told()).toEqual(all)
    stand.restart()
    expect(told()).toEqual(all)
    stand.passes(hours(26))
    expect(told()).toEqual([])
    expect([...stand.checkpoints.keys()].filter(key => /^(told|notice|call):/.test(key))).toEqual([])
  })
})

describe('a clock that was set', () => {
  test.each([days(1), days(-1)])('by %i ms leaves the escalation its remaining time', by => {
    const stand = new Stand()
    stand.raise('cold-1')
    stand.passes(minutes(20))
    stand.clockSet(by)
    stand.restart()
    stand.takeTold()
    stand.passes(minutes(9))
    expect(stand.takeTold()).toEqual([])
    stand.passes(minutes(1))
    expect(stand.takeTold()).toEqual(['li escalated A1'])
  })
})

describe('quiet hours', () => {
  const quiet = { span: { from: 22 * 60, to: 31 * 60 }, priorities: ['low', 'advisory'] } as const
  const night = instant(noon + hours(11))

  test('hold what is low until the morning, and nothing else', () => {
    const equipment = [
      ['cold-1', 'low'],
      ['gas-1', 'high'],
    ] as const
    const stand = new Stand({ equipment, duty: { ...duty, quiet } }, night)
    stand.raise('cold-1')
    stand.raise('gas-1')
    expect(stand.notices().map(({ alarms, notBefore }) => [alarms[0], notBefore])).toEqual([
      ['A1', noon + hours(19)],
      ['A1', noon + hours(19)],
      ['A2', undefined],
      ['A2', undefined],
    ])
  })

  test('spare whoever would have heard in the morning of what was answered or over by then', () => {
    const stand = new Stand({ equipment: [['cold-1', 'low']], duty: { ...duty, quiet } }, night)
    stand.raise('cold-1')
    stand.takeTold()
    stand.passes(hours(1))
    stand.clear('cold-1')
    expect(stand.takeTold()).toEqual(['(wang raised A1 not needed)', '(chen raised A1 not needed)'])
    expect(stand.notices()).toEqual([])
  })
})

describe('a flood', () => {
  const many = Array.from({ length: 300 }, (_, index) => [`c-${index}`, index % 50 === 0 ? 'high' : 'medium'] as const)

  test('goes into one digest a person within two seconds, then one a minute, and one when it is over; none is lost', () => {
    const stand = new Stand({ equipment: many })
    for (const [id] of many.slice(0, 10)) stand.raise(id)
    expect(stand.takeTold()).toHaveLength(20)
    stand.isFlood = true
    for (const [id] of many.slice(10, 200)) stand.raise(id)
    expect(stand.takeTold()).toEqual([])
    stand.passes(seconds(2))
    const first = stand.notices().filter(({ occasion }) => occasion === 'digest')
    expect(first.map(({ person: who, alarms }) => [who, alarms.length])).toEqual([
      ['wang', 190],
      ['chen', 190],
    ])
    expect(first[0]?.priority).toBe('high')
    expect(first[0]?.title.zh).toBe('报警 190 条，严重 3 条')
    expect(first[0]?.text.zh.split('\n').slice(0, 4)).toEqual([
      '短时间内报警很多，已合并成一条，之后每分钟最多一条。',
      '共 190 条：严重 3，警告 187；仍在报警 190 条。',
      '区域：食堂 190。',
      '· 【严重】c-50 柜 柜内温度 9.4 °C，高于 8 °C（12:00 起）',
    ])
    for (const [id] of many.slice(200)) stand.raise(id)
    stand.passes(seconds(57))
    expect(stand.told.filter(line => line.includes('digest'))).toHaveLength(2)
    stand.passes(seconds(4))
    const digests = stand.notices().filter(({ occasion, person: who }) => occasion === 'digest' && who === 'wang')
    expect(digests.map(({ alarms }) => alarms.length)).toEqual([190, 100])
    const named = stand.notices().flatMap(({ person: who, alarms }) => (who === 'wang' ? alarms : []))
    expect(new Set(named).size).toBe(300)
    stand.isFlood = false
    stand.note('flood.ended', 'flood')
    stand.passes(seconds(1))
    const last = stand.notices().findLast(({ occasion, person: who }) => occasion === 'digest' && who === 'wang')
    expect(last?.title.zh).toBe('报警已平息')
    stand.clear('c-0')
    expect(stand.takeTold().at(-1)).toBe('chen cleared A1')
  })

  test('loses nothing when the gateway is killed before the digest', () => {
    const stand = new Stand({ equipment: many })
    stand.isFlood = true
    for (const [id] of many.slice(0, 40)) stand.raise(id)
    stand.restart()
    stand.passes(seconds(2))
    expect(stand.notices().map(({ person: who, alarms }) => [who, alarms.length])).toEqual([
      ['wang', 40],
      ['chen', 40],
    ])
  })

  test('does not make a danger to life wait for the minute to pass', () => {
    const equipment = [
      ['c-1', 'medium'],
      ['gas-1', 'high', { lifeSafety: true }],
    ] as const
    const stand = new Stand({ equipment })
    stand.isFlood = true
    stand.raise('c-1')
    stand.passes(seconds(2))
    stand.raise('gas-1')
    stand.passes(seconds(10))
    expect(stand.told).toEqual(['wang digest A1', 'chen digest A1', 'wang digest A2', 'chen digest A2'])
  })
})

describe('a backlog', () => {
  test('found late is told once, as a digest', () => {
    const stand = new Stand({
      equipment: [
        ['c-1', 'medium'],
        ['c-2', 'medium'],
        ['c-3', 'medium'],
      ],
    })
    for (const id of ['c-1', 'c-2', 'c-3']) stand.raiseLate(id, instant(noon - hours(5)), instant(noon - hours(4)))
    stand.passes(seconds(15))
    expect(stand.takeTold()).toEqual([])
    stand.passes(seconds(20))
    expect(stand.takeTold()).toEqual(['wang digest A1+A2+A3', 'chen digest A1+A2+A3'])
    expect(stand.notices()[0]?.title.zh).toBe('补报 3 条报警')
    expect(stand.notices()[0]?.text.zh).toContain('（07:00 起，已恢复）')
    stand.passes(days(1))
    expect(stand.takeTold()).toEqual([])
  })
})

describe('an alarm that chatters', () => {
  test('sends no single notices until it is quiet, and then one', () => {
    const stand = new Stand()
    for (let time = 0; time < 2; time++) {
      stand.raise('cold-1')
      stand.clear('cold-1')
      stand.deliver()
    }
    stand.takeTold()
    stand.raise('cold-1')
    stand.deliver()
    stand.takeTold()
    stand.chatter('cold-1', true)
    for (let time = 0; time < 10; time++) {
      stand.clear('cold-1')
      stand.raise('cold-1')
    }
    expect(stand.takeTold()).toEqual([])
    stand.chatter('cold-1', false)
    expect(stand.takeTold()).toEqual(['wang raised A1', 'chen raised A1'])
    expect(stand.notices()[0]?.text.zh).toContain('反复出现和消失，共 13 次')
  })

  test('still climbs when nobody answers', () => {
    const stand = new Stand()
    stand.raise('cold-1')
    stand.chatter('cold-1', true)
    stand.clear('cold-1')
    stand.raise('cold-1')
    stand.takeTold()
    stand.passes(minutes(30))
    expect(stand.takeTold()).toEqual(['li escalated A1'])
  })
})

describe('a channel that fails', () => {
  test('is one alarm, which does not go out by that channel itself, and is over with the next delivery', () => {
    const channels = [silent('hook'), silent('mail')]
    const both = new Map([...duty.people.keys()].map(id => [id, person(id, { channels: ['mail', 'hook'] })]))
    const everybody = { ...duty, people: both, routes: [{ tell: ['wang'] }] }
    const stand = new Stand({ channels, duty: everybody })
    stand.note('channel.failing', 'mail', { why: 'connection refused' })
    stand.note('channel.failing', 'mail', { why: 'connection refused' })
    expect(stand.told).toEqual(['wang raised A1'])
    expect(stand.notices()[0]?.channels).toEqual(['hook'])
    expect(stand.dispatcher.health.of('mail')?.why).toBe('connection refused')
    stand.restart()
    expect(stand.dispatcher.health.of('mail')?.why).toBe('connection refused')
    stand.note('channel.working', 'mail')
    expect(stand.dispatcher.health.of('mail')).toBeUndefined()
    expect(stand.desk.openAlarms()).toMatchObject([{ state: 'returned-unacknowledged' }])
  })
})

describe('what is said about a case', () => {
  test('goes to those it names, in its own words', () => {
    const stand = new Stand()
    const text = { zh: '冷柜压缩机已更换', en: 'The compressor was replaced' }
    stand.note('case.closed', 'C1', { case: 'C1', tell: ['wang', 'stranger', 'wang'], text, priority: 'medium' })
    expect(stand.told).toEqual(['wang case'])
    expect(stand.notices()[0]).toMatchObject({ text, case: 'C1', alarms: [] })
  })
})

describe('a text that cannot be made', () => {
  test('is replaced by a plain one, on record, and never lost', () => {
    const stand = new Stand()
    stand.raise('cold-1')
    stand.deliver()
    const broken = stand.site.rules[0] as { title: unknown; spec: unknown }
    broken.spec = null
    Object.defineProperty(stand.site.points[0] as object, 'labels', { value: undefined })
    stand.takeTold()
    stand.clear('cold-1')
    expect(stand.drafts.map(({ kind }) => kind).filter(kind => kind.startsWith('notice.'))).toContain('notice.text-failed')
    expect(stand.notices()[0]?.title.zh).toBe('报警 A1')
  })
})
