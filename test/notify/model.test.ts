import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { minutes } from '../../protocols/contract/time.ts'
import { Stand } from './stand.ts'

/**
 * The reference: one alarm, two people at level 0, one above each of the two levels above. Written from the rules of notices.md and not
 * from the code: what must have been decided after each thing that happens.
 */
class Reference {
  state: 'normal' | 'open' | 'answered' | 'returned' | 'quiet' = 'normal'
  active = false
  /** Minutes since the call, while it climbs. */
  climbing: number | undefined
  steps = 0
  told: string[] = []
  /** Queued about this call and not yet delivered. */
  waiting: string[] = []
  readonly said: string[] = []

  readonly staysWhenOver: boolean

  constructor(staysWhenOver: boolean) {
    this.staysWhenOver = staysWhenOver
  }

  raise(): void {
    if (this.active) return
    this.active = true
    if (this.state === 'quiet') return
    this.#call()
  }
  clear(): void {
    if (!this.active) return
    this.active = false
    if (this.state === 'quiet') return
    for (const who of this.told) this.#say(who, 'cleared')
    if (this.state === 'answered') this.#close()
    else this.state = 'returned'
    if (!this.staysWhenOver) this.climbing = undefined
  }
  acknowledge(): void {
    if (this.state !== 'open' && this.state !== 'returned') return
    this.#drop()
    this.climbing = undefined
    for (const who of this.told.filter(one => one === 'li' || one === 'zhao')) this.#say(who, 'answered')
    if (this.state === 'returned') this.#close()
    else this.state = 'answered'
  }
  shelve(): void {
    if (this.state === 'normal' || this.state === 'quiet') return
    this.#drop()
    this.told = []
    this.climbing = undefined
    this.state = 'quiet'
  }
  unshelve(): void {
    if (this.state !== 'quiet') return
    if (this.active) this.#call()
    else this.#close()
  }
  deliver(): void {
    this.waiting = []
  }
  passes(length: number): void {
    for (let minute = 0; minute < length; minute++) {
      if (this.climbing === undefined) return
      this.climbing += 1
      const due = [30, 120][this.steps]
      if (due === undefined || this.climbing < due) continue
      const who = ['li', 'zhao'][this.steps] ?? ''
      this.steps += 1
      this.#say(who, 'escalated')
      this.waiting.push(`${who} escalated`)
      this.told.push(who)
    }
  }

  #call(): void {
    this.#drop()
    this.state = 'open'
    this.climbing = 0
    this.steps = 0
    this.told = ['wang', 'chen']
    for (const who of this.told) {
      this.#say(who, 'raised')
      this.waiting.push(`${who} raised`)
    }
  }
  /** What has not gone out need not any more, and whoever has not heard of it is told nothing further. */
  #drop(): void {
    for (const one of this.waiting) this.said.push(`(${one} not needed)`)
    const unheard = new Set(this.waiting.map(one => one.split(' ')[0]))
    this.told = this.told.filter(who => !unheard.has(who))
    this.waiting = []
  }
  #close(): void {
    this.state = 'normal'
    this.told = []
    this.climbing = undefined
  }
  #say(who: string, occasion: string): void {
    this.said.push(`${who} ${occasion}`)
  }
}

const without = (line: string): string => line.replace(/ A\d+/, '')
const act = fc.oneof(
  { weight: 4, arbitrary: fc.constant(['raise'] as const) },
  { weight: 3, arbitrary: fc.constant(['clear'] as const) },
  { weight: 2, arbitrary: fc.constant(['acknowledge'] as const) },
  { weight: 1, arbitrary: fc.constant(['shelve'] as const) },
  { weight: 1, arbitrary: fc.constant(['unshelve'] as const) },
  { weight: 3, arbitrary: fc.constant(['deliver'] as const) },
  { weight: 2, arbitrary: fc.constant(['restart'] as const) },
  { weight: 1, arbitrary: fc.constant(['in vain'] as const) },
  { weight: 1, arbitrary: fc.integer({ min: -1_000, max: 1_000 }).map(by => ['clock', by] as const) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 100 }).map(length => ['passes', length] as const) },
)

describe('whatever happens to an alarm in whatever order, with restarts at any point', () => {
  test.each([
    ['a medium alarm', 'medium', { lifeSafety: false }, false],
    ['an alarm of danger to life', 'medium', { lifeSafety: true }, true],
  ] as const)(
    '%s is told exactly once a person and change, climbs on time, and never after the answer',
    (_name, priority, more, stays) => {
      fc.assert(
        fc.property(fc.array(act, { minLength: 1, maxLength: 40 }), acts => {
          const stand = new Stand({ equipment: [['cold-1', priority, more]] })
          const reference = new Reference(stays)
          for (const [what, amount = 0] of acts) {
            if (what === 'raise') stand.raise('cold-1')
            if (what === 'clear') stand.clear('cold-1')
            if (what === 'acknowledge') stand.acknowledge('cold-1', 'admin')
            if (what === 'shelve' && !more.lifeSafety)
              stand.command('cold-1', { do: 'shelve', for: minutes(480), reason: 'r', oneShot: false })
            if (what === 'unshelve') stand.command('cold-1', { do: 'unshelve' })
            if (what === 'deliver') stand.deliver()
            if (what === 'restart') stand.restart()
            if (what === 'in vain') stand.commandInVain('cold-1', { do: 'acknowledge', comment: '' }, 'admin')
            // A shelf ends by the clock on the wall, so the clock is left alone while there is one.
            if (what === 'clock' && reference.state !== 'quiet') stand.clockSet(minutes(amount))
            if (what === 'passes') stand.passes(minutes(reference.state === 'quiet' ? 0 : amount))
            if (what === 'raise') reference.raise()
            if (what === 'clear') reference.clear()
            if (what === 'acknowledge') reference.acknowledge()
            if (what === 'shelve' && !more.lifeSafety) reference.shelve()
            if (what === 'unshelve') reference.unshelve()
            if (what === 'deliver') reference.deliver()
            if (what === 'passes' && reference.state !== 'quiet') reference.passes(amount)
            expect(stand.told.map(without)).toEqual(reference.said)
          }
          // Nothing is left behind once it is over and everything has gone out.
          stand.deliver()
          const isOver = stand.alarm('cold-1') === undefined
          if (isOver) expect([...stand.checkpoints.keys()].filter(key => key.startsWith('call:'))).toEqual([])
          expect([...stand.checkpoints.keys()].filter(key => key.startsWith('notice:'))).toEqual([])
        }),
        { numRuns: 300 },
      )
    },
  )
})
