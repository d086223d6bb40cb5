import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { after, days, hours, instant, minutes } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import type { Alarm, AlarmId } from '../../gateway/alarm/alarm.ts'
import type { Following } from '../../gateway/alarm/follow.ts'
import type { LockOut } from '../../gateway/alarm/lock-outs.ts'
import { ownRuleId } from '../../gateway/alarm/own.ts'
import { Cases } from '../../gateway/cases/cases.ts'
import type { CaseAnswer } from '../../gateway/cases/cases.ts'
import type { Case, CaseStep } from '../../gateway/cases/case.ts'
import type { Draft } from '../../gateway/journal/entry.ts'
import type { Decision } from '../../gateway/turn.ts'

const start = instant(Date.UTC(2026, 8, 1, 0))
const say = (text: string) => ({ zh: text, en: text })

/** The register with a disk behind it that takes or refuses what is decided, as the pipeline does. */
class Desk {
  now: Instant = start
  readonly disk = new Map<string, unknown>()
  readonly journal: Draft[] = []
  /** Alarms of the gateway's own that are raised. */
  readonly raised = new Set<string>()
  readonly lockOuts: LockOut[] = []
  cases = this.#fresh()

  #fresh(): Cases {
    return new Cases({
      lockOuts: { all: () => this.lockOuts },
      placeOf: id => (id === 'cold-1' ? { name: say('Cabinet 1'), area: 'canteen' } : undefined),
      calledFor: () => ['head'],
      personOf: account => ({ zhao: 'p-zhao', li: 'p-li' })[account],
    })
  }
  acts(decide: (at: Instant) => Decision<CaseAnswer>, isFull = false): CaseAnswer | undefined {
    const decision = decide(this.now)
    if (isFull) {
      decision.undo?.()
      return undefined
    }
    this.#write(decision as Following)
    return decision.answer([])
  }
  takes(id: string, step: CaseStep, by = 'li', isFull = false): CaseAnswer | undefined {
    return this.acts(at => this.cases.take(id, step, by, at), isFull)
  }
  opens(more: object = {}, by = 'li'): Case {
    const report = { what: say('leak'), priority: 'medium' as const, photos: [], reporter: { name: 'Chen' }, ...more }
    const answer = this.acts(at => this.cases.open(report, by, at))
    if (!answer?.ok) throw new Error('not opened')
    return answer.case
  }
  /** Time passes, with everything done when it falls due. */
  passes(length: Millis): void {
    const end = after(this.now, length)
    for (let turns = 0; turns < 1_000; turns += 1) {
      const due = this.cases.nextWake()
      if (due === undefined || due > end) break
      this.now = instant(Math.max(this.now, due))
      this.#write(this.cases.wake(this.now))
    }
    this.now = end
  }
  restarts(): void {
    this.cases = this.#fresh()
    const open = [...this.raised].map(rule => ({ rule, active: true }) as Alarm)
    this.cases.restore(structuredClone(this.disk), open)
    this.#write(this.cases.begin(this.now))
  }
  notes(kind: string, data: Readonly<Record<string, unknown>> = {}): void {
    this.#write(this.cases.noted({ kind, at: this.now, by: 'system', data }))
  }
  kinds(): readonly string[] {
    return this.journal.map(({ kind }) => kind)
  }
  #write(following: Following | undefined): void {
    const { drafts = [], checkpoints = [], own = [] } = following ?? {}
    this.journal.push(...structuredClone(drafts))
    for (const { key, value } of checkpoints) {
      if (value === undefined) this.disk.delete(key)
      else this.disk.set(key, structuredClone(value))
    }
    for (const { rule, transition } of own) {
      if (transition.what === 'raised') this.raised.add(rule)
      else this.raised.delete(rule)
    }
  }
}
const assign = (due: Instant): CaseStep => ({ do: 'assign', person: 'p-zhao', name: say('Zhao'), due, note: '' })
const act = (kind: 'repair' | 'cleaning' = 'repair'): CaseStep => ({ do: 'act', kind, what: 'new seal', parts: [], photos: [] })

describe('the register of cases', () => {
  test('says what is overdue as an alarm of its own, and that it is over once it was done', () => {
    const desk = new Desk()
    const { id } = desk.opens()
    desk.passes(hours(23))
    expect([...desk.raised]).toEqual([])

    desk.passes(hours(2))
    expect([...desk.raised]).toEqual([ownRuleId('case', id)])

    desk.takes(id, { do: 'answer', said: 'this afternoon' })
    desk.passes(minutes(0))
    expect([...desk.raised]).toEqual([])
  })

  test('keeps the alarm while anything else of the case is overdue', () => {
    const desk = new Desk()
    const { id } = desk.opens()
    desk.takes(id, assign(after(start, hours(2))))
    desk.passes(hours(30))
    desk.takes(id, { do: 'answer', said: 'sorry' })
    desk.passes(minutes(0))
    expect(desk.raised.size).toBe(1)

    desk.takes(id, assign(after(desk.now, hours(2))))
    desk.passes(minutes(0))
    expect(desk.raised.size).toBe(0)
  })

  test('raises it again when the step that ended it could not be written', () => {
    const desk = new Desk()
    const { id } = desk.opens()
    desk.passes(hours(25))

    expect(desk.takes(id, { do: 'answer', said: 'lost' }, 'li', true)).toBeUndefined()
    desk.passes(minutes(0))

    expect(desk.raised.size).toBe(1)
    expect(desk.cases.get(id)?.answered).toBeUndefined()
    expect(desk.kinds()).toEqual(['case.opened'])
  })

  test('finds what fell due while nothing ran, and raises no alarm twice', () => {
    const desk = new Desk()
    desk.opens()
    desk.now = after(start, hours(30))
    desk.restarts()
    expect(desk.raised.size).toBe(1)
    const said = desk.journal.length

    desk.restarts()
    desk.passes(hours(1))

    expect([desk.raised.size, desk.journal.length]).toEqual([1, said])
  })

  test('writes a repair down as the record that rules and lock-outs wait for, and a cleaning not', () => {
    const desk = new Desk()
    const { id } = desk.opens({ equipment: 'cold-1' })
    desk.takes(id, assign(after(start, hours(2))))
    const decision = desk.cases.take(id, act(), 'zhao', desk.now)

    expect(decision.drafts?.map(({ kind, about }) => [kind, about])).toEqual([
      ['case.acted', id],
      ['record.repair', 'cold-1'],
    ])
    expect(decision.drafts?.[1]?.data).toMatchObject({ equipment: 'cold-1', verdict: 'passed', fields: { case: id } })
    expect(decision.readings?.map(({ point, value }) => [point, value])).toEqual([['cold-1.record:repair', 1]])
    decision.undo?.()
    const cleaned = desk.cases.take(id, act('cleaning'), 'zhao', desk.now)
    expect(cleaned.drafts?.map(({ kind }) => kind)).toEqual(['case.acted'])
  })

  test('opens one fault record for equipment that is locked out, also when the run ended between the two', () => {
    const desk = new Desk()
    desk.lockOuts.push({ equipment: 'cold-1', since: start, alarm: 'A7' as AlarmId })
    desk.notes('equipment.locked-out')
    desk.passes(minutes(0))
    expect(desk.cases.all()).toMatchObject([{ id: 'C1', state: 'open', equipment: 'cold-1', alarm: 'A7', openedBy: 'system' }])

    desk.restarts()
    desk.lockOuts.push({ equipment: 'cold-2', since: start, alarm: 'A8' as AlarmId })
    desk.restarts()

    expect(desk.cases.all().map(({ id, alarm }) => [id, alarm])).toEqual([
      ['C2', 'A8'],
      ['C1', 'A7'],
    ])
  })

  test('opens no second case for an alarm, unless the first was cancelled', () => {
    const desk = new Desk()
    const { id } = desk.opens({ alarm: 'A1', reporter: undefined })
    const again = () => desk.acts(at => desk.cases.open({ ...report, alarm: 'A1' as AlarmId }, 'li', at))
    const report = { what: say('leak'), priority: 'medium' as const, photos: [] }

    expect(again()).toEqual({ ok: false, why: 'alarm-has-case' })
    desk.takes(id, { do: 'cancel', reason: 'a mistake' })
    expect(again()).toMatchObject({ ok: true, case: { id: 'C2' } })
  })

  test('keeps 24 hours 24 hours when the clock is set, and a day that was agreed on that day', () => {
    const desk = new Desk()
    const due = after(start, hours(2))
    const { id, answerBy = start } = desk.opens()
    desk.takes(id, assign(due))
    desk.notes('clock.set', { by: 3_600_000 })

    expect(desk.cases.get(id)).toMatchObject({ answerBy: after(answerBy, hours(1)), assigned: { due } })
    desk.restarts()
    expect(desk.cases.get(id)?.answerBy).toBe(after(answerBy, hours(1)))
  })

  test('leaves a case that is over to the journal after thirty days, and gives no number twice', () => {
    const desk = new Desk()
    const { id } = desk.opens()
    desk.takes(id, { do: 'cancel', reason: 'a mistake' })
    desk.passes(days(29))
    desk.restarts()
    expect(desk.cases.get(id)?.state).toBe('cancelled')

    desk.passes(days(2))
    expect(desk.cases.get(id)).toBeUndefined()
    expect(desk.disk.has(`case:${id}`)).toBe(false)
    desk.restarts()
    expect(desk.opens().id).toBe('C2')
  })

  test('tells those who have to do the next thing, and never the one who did the last', () => {
    const desk = new Desk()
    const { id } = desk.opens({}, 'outsider')
    desk.takes(id, assign(after(start, hours(2))))
    desk.takes(id, act(), 'zhao')
    desk.takes(id, { do: 'verify', note: '' }, 'li')
    desk.takes(id, { do: 'reject', reason: 'drips' }, 'zhao')

    expect(desk.journal.filter(({ about }) => about === id).map(({ kind, data }) => [kind, data['tell']])).toEqual([
      ['case.opened', ['head']],
      ['case.assigned', ['p-zhao']],
      ['case.acted', ['p-li']],
      ['case.verified', []],
      ['case.rejected', []],
    ])
  })

  test('passes over a checkpoint that a failing disk has changed', () => {
    const desk = new Desk()
    desk.opens()
    desk.disk.set('case:C9', { id: 'C9', state: 'lost' })
    desk.disk.set('case:C8', 'x')
    desk.disk.set('cases', null)
    desk.restarts()
    expect(desk.cases.all().map(({ id }) => id)).toEqual(['C1'])
  })
})

/** What may follow what, as the hand-book draws it; written apart from the code. `r`: needs a reporter, `a`: needs an alarm alone. */
const drawn = `
open      answer r answered   assign assigned   cancel cancelled   comment open
answered  assign assigned   cancel cancelled   comment answered
assigned  answer r assigned   assign assigned   act acted   cancel cancelled   comment assigned
acted     answer r acted   assign assigned   act acted   verify verified   reject assigned   comment acted
verified  tell r told   close a closed   reject assigned   comment verified
told      close closed   reject assigned   comment told
closed
cancelled`
const arrows = new Map(
  drawn
    .trim()
    .split('\n')
    .flatMap(line => {
      const [from = '', ...rest] = line.trim().split(/ {2,}/)
      return rest.map(arrow => {
        const words = arrow.split(' ')
        return [`${from} ${words[0]}`, { to: words.at(-1) ?? '', needs: words.length === 3 ? words[1] : '' }] as const
      })
    }),
)

interface Model {
  readonly cases: { id: string; state: string; isReport: boolean; isAnswered: boolean; actors: Set<string> }[]
}
type Move = fc.Command<Model, Desk>
const same = (model: Model, desk: Desk): void => {
  expect(
    desk.cases
      .all()
      .map(({ id, state }) => `${id} ${state}`)
      .toSorted(),
  ).toEqual(model.cases.map(({ id, state }) => `${id} ${state}`).toSorted())
  // What is in memory is on disk, and the journal alone has every case as it is now.
  for (const one of desk.cases.all()) {
    expect(desk.disk.get(`case:${one.id}`)).toEqual(one)
    expect(desk.journal.findLast(({ about }) => about === one.id)?.data['whole']).toEqual(one)
  }
}

class Open implements Move {
  readonly isReport: boolean
  constructor(isReport: boolean) {
    this.isReport = isReport
  }
  check = (model: Model): boolean => model.cases.length < 4
  run(model: Model, desk: Desk): void {
    const { id } = desk.opens(this.isReport ? {} : { reporter: undefined, alarm: `A${model.cases.length}`, equipment: 'cold-1' })
    model.cases.push({ id, state: 'open', isReport: this.isReport, isAnswered: false, actors: new Set() })
    same(model, desk)
  }
  toString = (): string => `opens ${this.isReport ? 'report' : 'alarm'}`
}
class Take implements Move {
  readonly which: number
  readonly deed: string
  readonly by: string
  readonly isFull: boolean
  constructor(which: number, deed: string, by: string, isFull: boolean) {
    this.which = which
    this.deed = deed
    this.by = by
    this.isFull = isFull
  }
  check = (model: Model): boolean => model.cases.length > 0
  run(model: Model, desk: Desk): void {
    const one = model.cases[this.which % model.cases.length]
    if (!one) return
    const deed = this.deed === 'next' ? (ahead[one.state] ?? 'comment') : this.deed
    const step = {
      do: deed,
      said: 's',
      how: 'h',
      reason: 'r',
      text: 't',
      note: 'n',
      person: 'p',
      name: say('p'),
      due: after(desk.now, hours(1)),
      kind: 'cleaning',
      what: 'w',
      parts: [],
      photos: [],
    } as unknown as CaseStep
    const arrow = arrows.get(`${one.state} ${deed}`)
    const expected =
      arrow !== undefined &&
      !(arrow.needs === 'r' && !one.isReport) &&
      !(arrow.needs === 'a' && one.isReport) &&
      !(deed === 'answer' && one.isAnswered) &&
      !(deed === 'verify' && one.actors.has(this.by))
    const written = desk.journal.length
    const answer = desk.takes(one.id, step, this.by, this.isFull)
    if (this.isFull || !expected) expect(desk.journal.length).toBe(written)
    if (!this.isFull) expect(answer?.ok).toBe(expected)
    if (expected && arrow && !this.isFull) {
      one.state = arrow.to
      if (deed === 'answer') one.isAnswered = true
      if (deed === 'act') one.actors.add(this.by)
      if (deed === 'reject') one.actors.clear()
    }
    same(model, desk)
  }
  toString = (): string => `${this.by} ${this.deed} #${this.which}${this.isFull ? ' (full disk)' : ''}`
}
/** The way most cases go, so that many get to their end. */
const ahead: Readonly<Record<string, string>> = {
  open: 'assign',
  answered: 'assign',
  assigned: 'act',
  acted: 'verify',
  verified: 'tell',
  told: 'close',
}
class Restart implements Move {
  check = (): boolean => true
  run(model: Model, desk: Desk): void {
    desk.restarts()
    same(model, desk)
  }
  toString = (): string => 'restarts'
}
class Pass implements Move {
  readonly hours: number
  constructor(length: number) {
    this.hours = length
  }
  check = (): boolean => true
  run(model: Model, desk: Desk): void {
    desk.passes(hours(this.hours))
    same(model, desk)
    // An alarm stands for exactly the cases that are late.
    const late = desk.cases.all().filter(one => !['closed', 'cancelled'].includes(one.state) && isLate(one, desk.now))
    expect([...desk.raised].toSorted()).toEqual(late.map(({ id }) => ownRuleId('case', id)).toSorted())
  }
  toString = (): string => `${this.hours} h pass`
}
const isLate = (one: Case, now: Instant): boolean =>
  now >= one.closeBy ||
  (one.reporter !== undefined && !one.answered && !one.told && now >= one.openedAt + 86_400_000) ||
  (one.state === 'assigned' && now >= (one.assigned?.due ?? Infinity))

test('cases go exactly the ways that are drawn, whatever people try, over restarts and full disks', () => {
  expect(arrows.size).toBe(25)
  const deeds = ['answer', 'assign', 'act', 'verify', 'reject', 'tell', 'close', 'comment', 'cancel']
  const moves = [
    fc.boolean().map(isReport => new Open(isReport)),
    fc
      .tuple(
        fc.nat(3),
        fc.oneof(fc.constantFrom(...deeds), fc.constant('next')),
        fc.constantFrom('zhao', 'li', 'wang'),
        fc.nat(7),
      )
      .map(([which, deed, by, luck]) => new Take(which, deed, by, luck === 0)),
    fc.constant(new Restart()),
    fc.integer({ min: 0, max: 60 }).map(length => new Pass(length)),
  ]
  const seen = new Set<string>()
  fc.assert(
    fc.property(fc.commands(moves, { maxCommands: 60, size: 'max' }), commands => {
      const model: Model = { cases: [] }
      fc.modelRun(() => ({ model, real: new Desk() }), commands)
      for (const { state } of model.cases) seen.add(state)
    }),
    { numRuns: 200 },
  )
  expect([...seen].toSorted()).toEqual(
    ['acted', 'answered', 'assigned', 'cancelled', 'closed', 'open', 'told', 'verified'].toSorted(),
  )
})
