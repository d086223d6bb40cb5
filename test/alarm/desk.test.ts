import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hours, minutes } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { calls, quietStates } from '../../gateway/alarm/alarm.ts'
import type { Alarm, AlarmEvent, AlarmId, Cause } from '../../gateway/alarm/alarm.ts'
import type { AlarmCommand } from '../../gateway/alarm/command.ts'
import { AlarmDesk } from '../../gateway/alarm/desk.ts'
import type { Priority, RuleId } from '../../gateway/policy/rule.ts'

interface Trait {
  readonly priority: Priority
  readonly latching?: boolean
  readonly lifeSafety?: boolean
  readonly reAlarm?: Millis
  readonly equipment?: string
}
const traits = {
  plain: { priority: 'medium', reAlarm: minutes(30) },
  latched: { priority: 'high', latching: true },
  smoke: { priority: 'high', latching: true, lifeSafety: true },
  low: { priority: 'low' },
  hint: { priority: 'advisory', latching: true, reAlarm: hours(5) },
} as const satisfies Record<string, Trait>
type Name = keyof typeof traits
const names = Object.keys(traits) as readonly Name[]
const book = new Map<RuleId, Trait>(names.map(name => [name as string as RuleId, traits[name]]))
const ruleOf = (name: Name): RuleId => name as string as RuleId

/** How long each may be put aside, alone and with a second person, in hours; written from the standard's text, not from the code. */
const shelfHours: Readonly<Record<Priority, readonly [alone: number, together: number]>> = {
  advisory: [72, 72],
  low: [24, 24],
  medium: [8, 8],
  high: [1, 2],
}
const hour = 3_600_000

/** One alarm as the standard thinks of it: a letter, the condition, and what was signed. */
interface Life {
  letter: 'A' | 'B' | 'C' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I'
  id: string | undefined
  active: boolean
  seen: boolean
  done: boolean
  seenAt: number
  times: number
  until: number
  oneShot: boolean
  readonly causes: Set<string>
}
const letterOf = new Map<string, Life['letter']>([
  ['unacknowledged', 'B'],
  ['acknowledged', 'C'],
  ['returned-unacknowledged', 'D'],
  ['latched-unacknowledged', 'E'],
  ['latched-acknowledged', 'F'],
  ['shelved', 'G'],
  ['suppressed', 'H'],
  ['out-of-service', 'I'],
])
interface Over {
  readonly name: Name
  seen: boolean
  done: boolean
}

/** What must be true of the desk, told in another way: no events, no tables, one life for each rule. */
class Reference {
  readonly lives = new Map<Name, Life>(
    names.map(name => [
      name,
      {
        letter: 'A',
        id: undefined,
        active: false,
        seen: false,
        done: false,
        seenAt: 0,
        times: 0,
        until: 0,
        oneShot: false,
        causes: new Set(),
      },
    ]),
  )
  readonly over = new Map<string, Over>()
  counter = 0
  life(name: Name): Life {
    return this.lives.get(name) as Life
  }

  #fresh(life: Life): void {
    life.seen = false
    life.done = false
    life.times += 1
  }
  #end(name: Name): void {
    const life = this.life(name)
    if (life.id !== undefined) this.over.set(life.id, { name, seen: life.seen, done: life.done })
    Object.assign(life, { letter: 'A', id: undefined, times: 0 })
  }
  #evaluate(name: Name): void {
    const life = this.life(name)
    life.seen = false
    life.done = false
    if (life.causes.size > 0) life.letter = 'H'
    else if (life.active) {
      life.letter = 'B'
      this.#fresh(life)
    } else this.#end(name)
  }

  cond(name: Name): void {
    const life = this.life(name)
    if (life.active) return
    life.active = true
    if (life.letter === 'A') {
      this.counter += 1
      life.id = `A${this.counter}`
      life.letter = life.causes.size > 0 ? 'H' : 'B'
    } else if ('DEF'.includes(life.letter)) life.letter = 'B'
    this.#fresh(life)
  }
  clear(name: Name): void {
    const life = this.life(name)
    if (!life.active) return
    life.active = false
    const latching = 'latching' in traits[name]
    if (life.letter === 'B') life.letter = latching ? 'E' : 'D'
    else if (life.letter === 'C' && latching) life.letter = 'F'
    else if (life.letter === 'C') this.#end(name)
    else if (life.letter === 'G' && life.oneShot) this.#evaluate(name)
  }
  cause(name: Name, cause: string): void {
    const life = this.life(name)
    life.causes.add(cause)
    if ('BCDEF'.includes(life.letter)) life.letter = 'H'
  }
  uncause(name: Name, cause: string): void {
    const life = this.life(name)
    if (life.causes.delete(cause) && life.causes.size === 0 && life.letter === 'H') this.#evaluate(name)
  }

  /** Whether the person may; done when they may. */
  command(id: string, command: AlarmCommand, at: number): boolean {
    const name = names.find(one => this.life(one).id === id)
    const over = this.over.get(id)
    if (name === undefined) {
      if (!over) return false
      if (command.do === 'confirm') {
        if (!over.seen || over.done) return false
        over.done = true
        return true
      }
      const life = this.life(over.name)
      if (life.letter !== 'A' || (command.do !== 'shelve' && command.do !== 'out-of-service')) return false
      if (!this.#mayPut(over.name, command, at)) return false
      // The rule is put aside under the number of its last alarm.
      Object.assign(life, { id, seen: over.seen, done: over.done, times: Number.NaN })
      this.over.delete(id)
      this.#put(life, command, at)
      return true
    }
    const life = this.life(name)
    switch (command.do) {
      case 'acknowledge': {
        if (!'BDE'.includes(life.letter)) return false
        Object.assign(life, { seen: true, seenAt: at })
        if (life.letter === 'D') this.#end(name)
        else life.letter = life.letter === 'B' ? 'C' : 'F'
        return true
      }
      case 'confirm': {
        if (!life.seen || life.done) return false
        life.done = true
        return true
      }
      case 'reset':
        if (life.letter !== 'F') return false
        this.#end(name)
        return true
      case 'unshelve':
        if (life.letter !== 'G') return false
        this.#evaluate(name)
        return true
      case 'return-to-service':
        if (life.letter !== 'I') return false
        this.#evaluate(name)
        return true
      case 'shelve':
      case 'out-of-service':
        if (life.letter === 'I' || (life.letter === 'G' && command.do === 'shelve')) return false
        if (!this.#mayPut(name, command, at)) return false
        this.#put(life, command, at)
        return true
    }
  }
  #mayPut(name: Name, command: Extract<AlarmCommand, { do: 'shelve' | 'out-of-service' }>, at: number): boolean {
    if (command.do === 'out-of-service') return command.until > at && command.until <= at + 30 * 24 * hour
    const [alone, together] = shelfHours[traits[name].priority]
    const most = command.second === undefined ? alone : together
    return !('lifeSafety' in traits[name]) && command.for > 0 && command.for <= most * hour
  }
  #put(life: Life, command: Extract<AlarmCommand, { do: 'shelve' | 'out-of-service' }>, at: number): void {
    if (command.do === 'shelve') Object.assign(life, { letter: 'G', until: at + command.for, oneShot: command.oneShot })
    else Object.assign(life, { letter: 'I', until: command.until })
  }

  due(): number | undefined {
    const dues = names.flatMap(name => {
      const life = this.life(name)
      const { reAlarm } = traits[name] as Trait
      if (life.letter === 'G' || life.letter === 'I') return [life.until]
      return life.letter === 'C' && reAlarm !== undefined ? [life.seenAt + reAlarm] : []
    })
    return dues.length > 0 ? Math.min(...dues) : undefined
  }
  wake(at: number): void {
    for (const name of names) {
      const life = this.life(name)
      const { reAlarm } = traits[name] as Trait
      if ((life.letter === 'G' || life.letter === 'I') && life.until <= at) this.#evaluate(name)
      else if (life.letter === 'C' && reAlarm !== undefined && life.seenAt + reAlarm <= at) {
        life.letter = 'B'
        this.#fresh(life)
      }
    }
  }
}

const causes: Readonly<Record<string, Cause>> = {
  'connection:bus': { kind: 'connection', name: 'bus' },
  'mode:defrost': { kind: 'mode', name: 'defrost' },
}

type Step =
  | { readonly do: 'cond' | 'clear'; readonly name: Name }
  | { readonly do: 'cause' | 'uncause'; readonly name: Name; readonly cause: string }
  /** Some time goes by, woken when due; or the gateway is off meanwhile and wakes too late. */
  | { readonly do: 'pass'; readonly length: number; readonly late: boolean }
  | { readonly do: 'restart' }
  /** What a person does to the newest alarm of a rule, or to one that is over; `fails`: it cannot be written and is taken back. */
  | { readonly do: 'person'; readonly name: Name; readonly back: number; readonly command: Wish; readonly fails: boolean }
type Wish =
  | Exclude<AlarmCommand, { readonly do: 'out-of-service' }>
  | { readonly do: 'out-of-service'; readonly reason: string; readonly substitute: string; readonly inHours: number }

const aName = fc.constantFrom(...names)
const wish: fc.Arbitrary<Wish> = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ do: 'acknowledge', comment: 'seen' } as const) },
  { weight: 3, arbitrary: fc.constant({ do: 'confirm', action: 'shut the door' } as const) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('shelve' as const),
      for: fc.constantFrom(0, 10, 59, 60, 61, 120, 121, 480, 481, 1_440, 1_441, 4_320, 4_321).map(minutes),
      reason: fc.constant('cleaning'),
      oneShot: fc.boolean(),
      second: fc.constantFrom('bob', undefined),
    }) as fc.Arbitrary<Wish>,
  },
  { weight: 2, arbitrary: fc.constant({ do: 'unshelve' } as const) },
  { weight: 3, arbitrary: fc.constant({ do: 'reset' } as const) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('out-of-service' as const),
      reason: fc.constant('repair'),
      substitute: fc.constant('read by hand'),
      inHours: fc.constantFrom(-1, 0, 2, 30, 720, 720.1),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'return-to-service' } as const) },
)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('cond' as const), name: aName }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('clear' as const), name: aName }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('cause' as const, 'uncause' as const),
      name: aName,
      cause: fc.constantFrom(...Object.keys(causes)),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      length: fc.constantFrom(1, 60_000, 1_800_000, hour, 3 * hour, 25 * hour, 80 * hour),
      late: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' } as const) },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('person' as const),
      name: aName,
      back: fc.constantFrom(0, 0, 0, 1, 2),
      command: wish,
      fails: fc.constantFrom(false, false, false, true),
    }),
  },
)

/** The desk as the pipeline drives it: every event becomes a journal entry and a checkpoint, which is all that survives a restart. */
class Driven {
  desk = new AlarmDesk(book)
  now = 1_000_000_000_000 as Instant
  readonly reference = new Reference()
  readonly ids: string[] = []
  readonly #checkpoints = new Map<RuleId, string>()
  readonly #journal = new Map<string, Alarm>()
  #counter = 0

  take(step: Step): void {
    const { reference, desk, now } = this
    switch (step.do) {
      case 'cond':
        this.#keep(
          desk.hear({ rule: ruleOf(step.name), transition: { what: 'raised', at: now, since: now }, receivedAt: now }),
          step.name,
        )
        return reference.cond(step.name)
      case 'clear':
        this.#keep(desk.hear({ rule: ruleOf(step.name), transition: { what: 'cleared', at: now }, receivedAt: now }), step.name)
        return reference.clear(step.name)
      case 'cause':
        this.#keep(desk.suppress(ruleOf(step.name), causes[step.cause] as Cause, now), step.name)
        return reference.cause(step.name, step.cause)
      case 'uncause':
        this.#keep(desk.release(ruleOf(step.name), causes[step.cause] as Cause, now), step.name)
        return reference.uncause(step.name, step.cause)
      case 'pass':
        return this.#pass(step)
      case 'restart':
        return this.#restart()
      case 'person':
        return this.#person(step)
    }
  }

  #pass({ length, late }: Extract<Step, { do: 'pass' }>): void {
    const end = (this.now + length) as Instant
    for (;;) {
      const due = late ? undefined : this.desk.nextWake()
      if (due === undefined || due > end) return this.#wake(end)
      // Nothing happens a moment too early.
      expect(this.desk.wake((due - 1) as Instant)).toEqual([])
      this.#wake(due)
    }
  }
  #wake(at: Instant): void {
    this.now = at
    this.#keep(this.desk.wake(at), undefined)
    this.reference.wake(at)
  }

  #person({ name, back, command, fails }: Extract<Step, { do: 'person' }>): void {
    const mine = this.ids.filter(id => this.#journal.get(id)?.rule === name)
    const id = mine.at(-1 - back) ?? 'A0'
    const { now } = this
    const said: AlarmCommand =
      command.do === 'out-of-service'
        ? { do: 'out-of-service', reason: 'repair', substitute: 'by hand', until: (now + command.inHours * hour) as Instant }
        : command
    const isOpen = this.desk.byId(id as AlarmId) !== undefined
    const past = isOpen ? undefined : this.#journal.get(id)
    const before = this.#picture()
    const takeBack = this.desk.snapshot()
    const answer = this.desk.command(id as AlarmId, said, 'ada', now, past)
    if (fails || !answer.ok) {
      if (fails) takeBack()
      expect(this.#picture()).toEqual(before)
      if (fails) return
    }
    expect([id, said, answer.ok]).toEqual([id, said, this.reference.command(id, said, now)])
    if (answer.ok) this.#keep(answer.events, name)
  }

  /** All that can be seen of the desk. */
  #picture(): unknown {
    const { desk } = this
    return structuredClone([desk.openAlarms(), desk.nextWake(), desk.counter, names.map(name => desk.causesOf(ruleOf(name)))])
  }

  #restart(): void {
    this.desk = new AlarmDesk(book)
    const open = [...this.#checkpoints.values()].map(text => JSON.parse(text) as Alarm)
    this.desk.restore({ open, counter: this.#counter })
    // Followers know their reasons and say them again; no alarm may carry a reason that nobody holds any more.
    for (const name of names) {
      const held = this.reference.life(name).causes
      for (const cause of this.desk.causesOf(ruleOf(name))) expect([...held]).toContain(`${cause.kind}:${cause.name}`)
      for (const cause of held)
        expect(this.desk.suppress(ruleOf(name), causes[cause] as Cause, this.now).filter(calls)).toEqual([])
    }
  }

  #keep(events: readonly AlarmEvent[], name: Name | undefined): void {
    for (const { alarm, at } of events) {
      if (name !== undefined) expect(alarm.rule).toBe(name)
      expect(at).toBe(this.now)
      if (!this.#journal.has(alarm.id)) this.ids.push(alarm.id)
      this.#journal.set(alarm.id, JSON.parse(JSON.stringify(alarm)) as Alarm)
      const open = this.desk.ofRule(alarm.rule)
      if (open) this.#checkpoints.set(alarm.rule, JSON.stringify(open))
      else this.#checkpoints.delete(alarm.rule)
    }
    this.#counter = this.desk.counter
    const last = events.at(-1)
    // A fresh occurrence is nobody's yet.
    if (last && calls(last)) expect([last.alarm.acknowledged, last.alarm.confirmed]).toEqual([undefined, undefined])
    for (const event of events.slice(0, -1)) expect(calls(event) && event.alarm.rule === last?.alarm.rule).toBe(false)
  }

  agrees(): void {
    const { desk, reference } = this
    const open = desk.openAlarms()
    expect(new Set(open.map(({ rule }) => rule)).size).toBe(open.length)
    expect(desk.nextWake()).toBe(reference.due())
    for (const name of names) {
      const life = reference.life(name)
      const alarm = desk.ofRule(ruleOf(name))
      expect([name, alarm ? letterOf.get(alarm.state) : 'A', alarm?.id]).toEqual([name, life.letter, life.id])
      if (!alarm) continue
      expect([alarm.active, alarm.acknowledged !== undefined, alarm.confirmed !== undefined]).toEqual([
        life.active,
        life.seen,
        life.done,
      ])
      expect(desk.byId(alarm.id)).toBe(alarm)
      expect([alarm.shelved !== undefined, alarm.outOfService !== undefined, alarm.suppressed !== undefined]).toEqual([
        life.letter === 'G',
        life.letter === 'I',
        life.letter === 'H',
      ])
      if (!Number.isNaN(life.times)) expect(alarm.times).toBe(life.times)
    }
    const numbers = this.ids.map(id => Number(id.slice(1)))
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    expect(new Set(numbers).size).toBe(numbers.length)
  }
}

describe('the desk', () => {
  test('lives every life of the standard, whatever happens in whatever order, restarts and failed writes between', () => {
    const seen = new Set<string>()
    // Each round has other lives, also where every property begins at one seed.
    const { seed = Date.now() } = fc.readConfigureGlobal()
    // The run was worth something: every rule has been in every state it can reach. By luck one of them takes a second round, rarely a third.
    for (let round = 0; round < 8; round++) {
      fc.assert(
        fc.property(fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }), steps => {
          const driven = new Driven()
          for (const one of steps) {
            driven.take(one)
            driven.agrees()
            for (const [name, { letter }] of driven.reference.lives) seen.add(`${name} ${letter}`)
          }
        }),
        { numRuns: 200, seed: (seed + round) | 0 },
      )
      if (names.every(name => reachable(name).every(letter => seen.has(`${name} ${letter}`)))) break
    }
    for (const name of names) {
      const reached = [...'ABCDEFGHI'].filter(letter => seen.has(`${name} ${letter}`))
      expect([name, reached]).toEqual([name, reachable(name)])
    }
  })
})

/** The states of the standard that an alarm of this rule can be in. */
function reachable(name: (typeof names)[number]): string[] {
  const cannot = [...('latching' in traits[name] ? 'D' : 'EF'), ...('lifeSafety' in traits[name] ? 'G' : '')]
  return [...'ABCDEFGHI'].filter(letter => !cannot.includes(letter))
}

const t0 = 1_000_000_000_000 as Instant
const at = (minute: number): Instant => (t0 + minute * 60_000) as Instant
const plain = ruleOf('plain')

/** A desk on which things are said in short. */
function desk(rules: ReadonlyMap<RuleId, Trait> = book) {
  const of = new AlarmDesk(rules)
  return {
    of,
    raise: (rule: RuleId = plain, minute = 0) =>
      of.hear({ rule, transition: { what: 'raised', at: at(minute), since: at(minute) }, receivedAt: at(minute) }),
    clear: (rule: RuleId = plain, minute = 1) =>
      of.hear({ rule, transition: { what: 'cleared', at: at(minute) }, receivedAt: at(minute) }),
    does: (command: AlarmCommand, minute = 2, id = 'A1', past?: Alarm) =>
      of.command(id as AlarmId, command, 'ada', at(minute), past),
  }
}
const seen: AlarmCommand = { do: 'acknowledge', comment: '' }
const done: AlarmCommand = { do: 'confirm', action: 'shut the door' }
const aside = (length: Millis, more: object = {}): AlarmCommand => ({
  do: 'shelve',
  for: length,
  reason: 'cleaning',
  oneShot: false,
  ...more,
})
const why = (answer: ReturnType<AlarmDesk['command']>): string => (answer.ok ? 'ok' : answer.why)

describe('a person', () => {
  test('who acknowledges an alarm that was over a moment ago is told that it has been acknowledged', () => {
    const { raise, clear, does } = desk()
    raise()
    clear()
    const first = does(seen)
    expect(first.ok && first.alarm.state).toBe('normal')
    expect(why(does(seen, 3, 'A1', first.ok ? first.alarm : undefined))).toBe('already-acknowledged')
  })
  test('who says what was done of an alarm that came again is asked to look at it first', () => {
    const { raise, clear, does } = desk()
    raise(ruleOf('latched'))
    does(seen)
    does(done)
    clear(ruleOf('latched'))
    raise(ruleOf('latched'), 5)
    expect(why(does(done, 6))).toBe('not-acknowledged')
  })
  test('confirms without changing the state, in every state that was acknowledged', () => {
    const { of, raise, clear, does } = desk()
    raise(ruleOf('latched'))
    does(seen)
    does(done)
    expect(of.ofRule(ruleOf('latched'))?.state).toBe('acknowledged')
    clear(ruleOf('latched'))
    expect(of.ofRule(ruleOf('latched'))?.confirmed?.action).toBe('shut the door')
    expect(of.ofRule(ruleOf('latched'))?.state).toBe('latched-acknowledged')
  })
  test('cannot put aside, by the picture of yesterday, an alarm that has changed since', () => {
    const { of, raise, clear, does } = desk()
    raise()
    const old = of.ofRule(plain)
    clear()
    does(seen)
    expect(why(does(seen, 3, 'A1', old))).toBe('no-such-alarm')
  })
  test('cannot put aside a rule that has left the site file', () => {
    const { of, raise, does } = desk()
    raise()
    const past: Alarm = {
      ...(of.ofRule(plain) as Alarm),
      rule: 'gone' as RuleId,
      id: 'A7' as AlarmId,
      state: 'normal',
      active: false,
    }
    expect(why(does(aside(minutes(5)), 2, 'A7', past))).toBe('no-such-alarm')
    expect(why(does({ do: 'out-of-service', reason: 'x', substitute: 'y', until: at(9) }, 2, 'A7', past))).toBe('no-such-alarm')
  })
  test.each([
    ['hint', 72, 'ok', 'too-long'],
    ['low', 24, 'ok', 'too-long'],
    ['plain', 8, 'ok', 'too-long'],
    ['latched', 1, 'ok', 'needs-second'],
    ['smoke', 0.1, 'life-safety', 'life-safety'],
  ] as const)('shelves %s for %d hours at most', (name, most, upTo, beyond) => {
    const { raise, does } = desk()
    raise(ruleOf(name))
    expect(why(does(aside((most * hour + 1) as Millis)))).toBe(beyond)
    expect(why(does(aside(hours(most))))).toBe(upTo)
  })
  test('with a second one shelves a high alarm for two hours and no longer', () => {
    const { raise, does } = desk()
    raise(ruleOf('latched'))
    expect(why(does(aside((2 * hour + 1) as Millis, { second: 'bob' })))).toBe('too-long')
    expect(why(does(aside(hours(2), { second: 'bob' })))).toBe('ok')
  })
  test.each([0, -1, Number.NaN])('shelves for no length of %d', length => {
    const { raise, does } = desk()
    raise()
    expect(why(does(aside(length as Millis)))).toBe('too-long')
  })
})

describe('what could not be written', () => {
  test('takes no newer alarm of the rule with it', () => {
    const { of, raise, clear, does } = desk()
    raise()
    does(seen)
    const [closed] = clear(plain, 3)
    raise(plain, 4)
    const takeBack = of.snapshot()
    expect(why(does(done, 5, 'A1', closed?.alarm))).toBe('ok')
    takeBack()
    expect(of.ofRule(plain)?.id).toBe('A2')
    expect(why(does(done, 6, 'A1', closed?.alarm))).toBe('ok')
  })
})

describe('an alarm that is quiet by design for two reasons', () => {
  const bus: Cause = { kind: 'connection', name: 'bus' }
  const defrost: Cause = { kind: 'mode', name: 'defrost' }
  test('says that one of them is gone, so that a restart knows it', () => {
    const { of, raise } = desk()
    raise()
    of.suppress(plain, bus, at(1))
    of.suppress(plain, defrost, at(2))
    const [told] = of.release(plain, bus, at(3))
    expect([told?.kind, told?.alarm.suppressed]).toEqual(['alarm.suppressed', { at: at(1), causes: [defrost] }])
  })
  test('that was shelved meanwhile comes back suppressed, and calls when the last reason is gone', () => {
    const { of, raise, does } = desk()
    raise()
    does(aside(minutes(10)))
    of.suppress(plain, bus, at(3))
    const [ended] = of.wake(at(20))
    expect([ended?.kind, ended?.alarm.state]).toEqual(['alarm.unshelved', 'suppressed'])
    const events = of.release(plain, bus, at(30))
    expect(events.map(({ kind, alarm }) => [kind, alarm.state])).toEqual([
      ['alarm.released', 'normal'],
      ['alarm.raised', 'unacknowledged'],
    ])
  })
})

describe('the first alarm of an equipment', () => {
  const rules = new Map<RuleId, Trait>(
    ['a', 'b', 'c', 'd'].map(name => [name as RuleId, { priority: 'medium', equipment: name === 'd' ? 'other' : 'tank' }]),
  )
  test('is the one that came first and still stands, also after a restart has put them in another order', () => {
    const one = desk(rules)
    one.raise('c' as RuleId, 1)
    one.raise('a' as RuleId, 2)
    const open = one.of.openAlarms().toReversed()
    const again = desk(rules)
    again.of.restore({ open, counter: 2 })
    expect(again.raise('b' as RuleId, 3)[0]?.alarm.firstOut).toBe('A1')
    expect(again.raise('d' as RuleId, 4)[0]?.alarm.firstOut).toBeUndefined()
  })
  test('is no longer the one that is over', () => {
    const { raise, clear, does } = desk(rules)
    raise('a' as RuleId, 1)
    raise('b' as RuleId, 2)
    does(seen)
    clear('a' as RuleId, 3)
    expect(raise('c' as RuleId, 4)[0]?.alarm.firstOut).toBe('A2')
  })
})

describe('a quiet alarm', () => {
  test.each([...quietStates])('records that its condition comes and goes while it is %s, and calls nobody', state => {
    const { of, raise, clear, does } = desk()
    raise()
    if (state === 'shelved') does(aside(hours(1)))
    if (state === 'suppressed') of.suppress(plain, { kind: 'mode', name: 'defrost' }, at(2))
    if (state === 'out-of-service') does({ do: 'out-of-service', reason: 'x', substitute: 'y', until: at(90) })
    const events = [...clear(plain, 5), ...raise(plain, 6)]
    expect(events.map(event => [event.kind, event.alarm.state, event.alarm.active, calls(event)])).toEqual([
      ['alarm.cleared', state, false, false],
      ['alarm.raised', state, true, false],
    ])
  })
})
