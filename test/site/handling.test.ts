import { describe, expect, test } from 'vitest'
import { readSite } from '../../gateway/site/load.ts'
import { loadShelf } from '../../gateway/site/shelf.ts'
import { hours, minutes } from '../../protocols/contract/time.ts'
import { tiny } from './tiny.ts'

const shelf = await loadShelf()

/** A canteen with a cabinet, a freezer and a gas alarm; `rules` stand below the `rules:` of one of them, one entry a line. */
const site = (at: 'cold-1' | 'gas-1', rules: readonly string[]): string => {
  const lines = (of: string): string =>
    of === at && rules.length > 0 ? `        rules:\n${rules.map(rule => `          ${rule}\n`).join('')}` : ''
  return `site: { id: greenhill, name: Greenhill, policies: [canteen, gas] }
connections:
  bus: { protocol: tiny, host: 10.0.0.5, port: 502 }
areas:
  canteen:
    name: Canteen
    equipment:
      cold-1:
        type: fresh-keeping-cabinet
        connection: bus
        unit: 1
        facts: { holds: cooked }
        points: { temperature: { register: 0 }, door: { register: 1 }, power: { register: 2 } }
${lines('cold-1')}      gas-1:
        type: gas-alarm
        connection: bus
        unit: 2
        points: { level: { register: 0 } }
${lines('gas-1')}`
}
const read = (at: 'cold-1' | 'gas-1' = 'cold-1', ...rules: readonly string[]) =>
  readSite([{ name: 'site.yaml', text: site(at, rules) }], {}, [tiny], shelf)
const errors = (at: 'cold-1' | 'gas-1', ...rules: readonly string[]): readonly string[] =>
  read(at, ...rules).problems.flatMap(({ severity, code, path, wrong, write }) =>
    severity === 'error' ? [`${code} ${path.split('.rules.')[1] ?? path}: ${wrong.en}; ${write.en}`] : [],
  )
const ruleOf = (id: string, at: 'cold-1' | 'gas-1' = 'cold-1', ...rules: readonly string[]) => {
  const outcome = read(at, ...rules)
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.problems, null, 1))
  const { latching, lifeSafety, reAlarm, locksOut, notDuring, overlay } =
    outcome.site.rules.find(rule => rule.id === id) ?? (expect.fail(`no rule ${id}`) as never)
  return { latching, lifeSafety, reAlarm, locksOut, notDuring, changed: overlay?.changed }
}
const nothing = {
  latching: undefined,
  lifeSafety: undefined,
  reAlarm: undefined,
  locksOut: undefined,
  notDuring: undefined,
  changed: undefined,
}
const modes = ['defrost', 'cleaning', 'maintenance']

describe('the shipped rules', () => {
  test('latch gas and smoke, which nobody can shelve, and call again after a shift', () => {
    expect(ruleOf('gas-1.level.leaking')).toEqual({ ...nothing, latching: true, lifeSafety: true, reAlarm: hours(8) })
    const of = (pack: string, name: string) =>
      shelf.packs.get(pack)?.rules.flatMap(rule => (rule.name === name ? [rule.handling] : []))
    const danger = { latching: true, lifeSafety: true }
    expect(of('fire', 'seen')).toEqual([danger])
    expect(of('fire', 'spreading')).toEqual([danger])
    expect(of('fire', 'nobody-answers')).toEqual([{ lifeSafety: true }])
    expect(of('server-room', 'seen')).toEqual([danger])
  })

  test('lock a faulty cabinet out under CAN-2 and CAN-9, and nothing else', () => {
    const locking = [...shelf.packs.values()].flatMap(pack =>
      pack.rules.flatMap(({ handling, clause, name }) => (handling.locksOut === true ? [`${clause} ${name}`] : [])),
    )
    expect(locking).toEqual(['CAN-2 not-cooling', 'CAN-2 not-starting', 'CAN-2 used-while-faulty', 'CAN-9 not-heating'])
  })

  test('do not hold while a cabinet is defrosted or cleaned; a medium one never calls again by itself', () => {
    expect(ruleOf('cold-1.temperature.too-warm')).toEqual({ ...nothing, notDuring: modes })
    expect(ruleOf('cold-1.temperature.much-too-warm')).toEqual({ ...nothing, notDuring: modes, reAlarm: hours(8) })
    expect(ruleOf('cold-1.temperature.silent')).toEqual(nothing)
  })

  test('keep no danger to life quiet in any mode', () => {
    const quiet = [...shelf.packs.values()].flatMap(pack =>
      pack.rules.filter(({ handling }) => handling.lifeSafety === true && (handling.notDuring ?? []).length > 0),
    )
    expect(quiet).toEqual([])
  })
})

describe('a site', () => {
  test('may be more careful without a word', () => {
    const more = 'temperature.too-warm: { latching: true, lifeSafety: true, locksOut: true, reAlarm: 30m, notDuring: [] }'
    expect(ruleOf('cold-1.temperature.too-warm', 'cold-1', more)).toEqual({
      latching: true,
      lifeSafety: true,
      reAlarm: minutes(30),
      locksOut: true,
      notDuring: undefined,
      changed: ['latching', 'lifeSafety', 'reAlarm', 'locksOut', 'notDuring'],
    })
  })

  test('may have a high alarm never call again, and another call again that did not', () => {
    expect(ruleOf('cold-1.power.not-cooling', 'cold-1', 'power.not-cooling: { reAlarm: never }').reAlarm).toBeUndefined()
    expect(ruleOf('cold-1.door.left-open', 'cold-1', 'door.left-open: { reAlarm: 4h }').reAlarm).toBe(hours(4))
  })

  test('that makes a rule urgent has it call again', () => {
    expect(ruleOf('cold-1.temperature.too-warm', 'cold-1', 'temperature.too-warm: { priority: high }').reAlarm).toBe(hours(8))
  })

  test('writes the same keys in a rule of its own', () => {
    const own = 'temperature.tepid: { kind: limit, op: gt, value: 6, latching: true, reAlarm: 1h, notDuring: [cleaning] }'
    expect(ruleOf('cold-1.temperature.tepid', 'cold-1', own)).toMatchObject({
      latching: true,
      reAlarm: hours(1),
      notDuring: ['cleaning'],
    })
  })

  test.each([
    [
      'gas-1',
      'level.leaking: { lifeSafety: false, reason: 常误报 }',
      [
        'life-safety level.leaking.lifeSafety: "Gas leaking (low level)" is a danger to life: a site cannot make it an ordinary alarm; remove lifeSafety',
      ],
    ],
    ...(['level.leaking: off', 'level.leaking: { off: true }'] as const).map(
      rule =>
        [
          'gas-1',
          rule,
          [
            'reason-missing level.leaking: "Gas leaking (low level)" is a danger to life: it is not switched off without a reason; write `{ off: true, reason: … }`',
          ],
        ] as const,
    ),
    [
      'gas-1',
      'level.leaking: { notDuring: [cleaning], reason: 擦洗 }',
      ['life-safety level.leaking.notDuring: an alarm of a danger to life is never kept quiet; remove notDuring'],
    ],
    [
      'cold-1',
      'temperature.tepid: { kind: limit, op: gt, value: 6, lifeSafety: true, notDuring: [cleaning] }',
      ['life-safety temperature.tepid.notDuring: an alarm of a danger to life is never kept quiet; remove notDuring'],
    ],
    [
      'gas-1',
      'level.leaking: { latching: false }',
      [
        'reason-missing level.leaking.latching: this is less careful than the policy (latching) and gives no reason; add `reason: …` saying why',
      ],
    ],
    [
      'cold-1',
      'power.not-cooling: { locksOut: false }',
      [
        'reason-missing power.not-cooling.locksOut: this is less careful than the policy (locksOut) and gives no reason; add `reason: …` saying why',
      ],
    ],
    [
      'cold-1',
      'temperature.too-cold: { notDuring: [defrost] }',
      [
        'reason-missing temperature.too-cold.notDuring: this is less careful than the policy (notDuring) and gives no reason; add `reason: …` saying why',
      ],
    ],
    ['cold-1', 'temperature.too-warm: { notDuring: [defrosting] }', [expect.stringMatching(/^unknown-mode .*write|defrost/)]],
    [
      'cold-1',
      'temperature.too-warm: { notDuring: cleaning }',
      [expect.stringContaining('wrong-type temperature.too-warm.notDuring')],
    ],
    [
      'cold-1',
      'temperature.too-warm: { latching: yes please }',
      [expect.stringContaining('wrong-type temperature.too-warm.latching')],
    ],
    [
      'cold-1',
      'temperature.too-warm: { reAlarm: often }',
      [expect.stringContaining('bad-duration temperature.too-warm.reAlarm')],
    ],
    [
      'cold-1',
      'temperature.too-warm: { reAlarm: 10s }',
      ['re-alarm-too-short temperature.too-warm.reAlarm: it would call again too soon; write 1m or more, or `never`'],
    ],
    ['cold-1', 'temperature.too-warm: { latchin: true }', [expect.stringMatching(/^unknown-key .*`latching`/)]],
  ] as const)('%s cannot say %s', (at, rule, wrong) => {
    expect(errors(at, rule)).toEqual(wrong)
  })

  test('may be less careful with a reason', () => {
    expect(errors('cold-1', 'power.not-cooling: { locksOut: false, reason: 备用柜 }')).toEqual([])
    expect(errors('gas-1', 'level.leaking: { latching: false, reason: 主机自己锁定 }')).toEqual([])
    expect(errors('gas-1', 'level.leaking: { off: true, reason: 换探头 }')).toEqual([])
  })
})
