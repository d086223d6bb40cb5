import { describe, expect, test } from 'vitest'
import { after, days, hours, instant } from '../../protocols/contract/time.ts'
import type { AlarmId } from '../../gateway/alarm/alarm.ts'
import {
  duesOf,
  mostActions,
  openCase,
  overdueOf,
  refusalOf,
  stepsFor,
  takeStep,
  usualCaseLimits,
} from '../../gateway/cases/case.ts'
import type { Case, CaseId, CaseStep, Report } from '../../gateway/cases/case.ts'

const start = instant(Date.UTC(2026, 8, 1, 0))
const reported: Report = {
  what: { zh: '水管漏水', en: 'Pipe leaks' },
  priority: 'medium',
  photos: [],
  area: 'canteen',
  reporter: { name: '陈老师', contact: '138' },
}
const { reporter: _nobody, ...bare } = reported
const alarmed: Report = { ...bare, equipment: 'cold-1', alarm: 'A7' as AlarmId }

const steps = {
  answer: { do: 'answer', said: '下午去修' },
  assign: { do: 'assign', person: 'zhao', name: { zh: '赵师傅', en: 'Zhao' }, due: after(start, hours(8)), note: '' },
  act: { do: 'act', kind: 'repair', what: '换垫片', parts: [{ name: '垫片', count: 1 }], photos: [] },
  verify: { do: 'verify', note: '' },
  reject: { do: 'reject', reason: '还在滴' },
  tell: { do: 'tell', how: '电话', said: '修好了' },
  close: { do: 'close', note: '' },
  comment: { do: 'comment', text: '等配件' },
  cancel: { do: 'cancel', reason: '重复' },
} satisfies Record<string, CaseStep>

/** A case brought to a state by these steps; whoever acts is `zhao`, everything else is done by `li`. */
function broughtBy(report: Report, ...deeds: readonly (keyof typeof steps)[]): Case {
  let one = openCase('C1' as CaseId, report, 'li', start, usualCaseLimits)
  for (const deed of deeds) {
    const by = deed === 'act' ? 'zhao' : 'li'
    expect(refusalOf(one, steps[deed], by, start), `${one.state} ${deed}`).toBeUndefined()
    one = takeStep(one, steps[deed], by, start)
  }
  return one
}
const ways: readonly (readonly [
  state: string,
  report: Report,
  deeds: readonly (keyof typeof steps)[],
  may: readonly string[],
])[] = [
  ['open', reported, [], ['answer', 'assign', 'cancel', 'comment']],
  ['answered', reported, ['answer'], ['assign', 'cancel', 'comment']],
  ['assigned', reported, ['answer', 'assign'], ['act', 'assign', 'cancel', 'comment']],
  ['assigned', reported, ['assign'], ['act', 'answer', 'assign', 'cancel', 'comment']],
  ['acted', reported, ['answer', 'assign', 'act'], ['act', 'assign', 'comment', 'reject', 'verify']],
  ['verified', reported, ['answer', 'assign', 'act', 'verify'], ['comment', 'reject', 'tell']],
  ['told', reported, ['answer', 'assign', 'act', 'verify', 'tell'], ['close', 'comment', 'reject']],
  ['closed', reported, ['answer', 'assign', 'act', 'verify', 'tell', 'close'], []],
  ['cancelled', reported, ['cancel'], []],
  ['open', alarmed, [], ['assign', 'cancel', 'comment']],
  ['assigned', alarmed, ['assign'], ['act', 'assign', 'cancel', 'comment']],
  ['verified', alarmed, ['assign', 'act', 'verify'], ['close', 'comment', 'reject']],
  ['closed', alarmed, ['assign', 'act', 'verify', 'close'], []],
]

describe('a case', () => {
  test.each(ways)('that is %s lets exactly these steps be taken', (state, report, deeds, may) => {
    const one = broughtBy(report, ...deeds)
    const possible = Object.values(steps).filter(step => refusalOf(one, step, 'wang', start) === undefined)

    expect(one.state).toBe(state)
    expect(possible.map(step => step.do).toSorted()).toEqual(may)
    expect([...stepsFor(one, 'wang')].toSorted()).toEqual(may)
  })

  test('is verified by somebody other than who acted', () => {
    const one = broughtBy(reported, 'assign', 'act')

    expect(refusalOf(one, steps.verify, 'zhao', start)).toBe('own-work')
    expect(stepsFor(one, 'zhao')).not.toContain('verify')
    expect(refusalOf(one, steps.verify, 'li', start)).toBeUndefined()
  })

  test('that was sent back may be verified by who worked on it before, and not by who did now', () => {
    const again = takeStep(broughtBy(reported, 'assign', 'act', 'reject'), steps.act, 'qian', start)

    expect(refusalOf(again, steps.verify, 'zhao', start)).toBeUndefined()
    expect(refusalOf(again, steps.verify, 'qian', start)).toBe('own-work')
  })

  test('that is sent back after the reporter was told is no longer verified nor told', () => {
    const again = broughtBy(reported, 'assign', 'act', 'verify', 'tell', 'reject')

    expect(again).toMatchObject({ state: 'assigned', rejected: { reason: '还在滴', actions: 1 } })
    expect(again.verified).toBeUndefined()
    expect(again.told).toBeUndefined()
  })

  test('says why there is nobody to answer rather than that it is not the time', () => {
    expect(refusalOf(broughtBy(alarmed), steps.answer, 'li', start)).toBe('no-reporter')
    expect(refusalOf(broughtBy(alarmed), steps.tell, 'li', start)).toBe('no-reporter')
    expect(refusalOf(broughtBy(reported, 'answer'), steps.answer, 'li', start)).toBe('already-answered')
    expect(refusalOf(broughtBy(reported, 'assign', 'act', 'verify'), steps.close, 'li', start)).toBe('not-told')
    expect(refusalOf(broughtBy(reported, 'cancel'), steps.answer, 'li', start)).toBe('not-in-this-state')
  })

  test('closed from an alarm says that there was nobody to tell', () => {
    expect(broughtBy(alarmed, 'assign', 'act', 'verify', 'close').closed).toMatchObject({ untold: true })
    expect(broughtBy(reported, 'assign', 'act', 'verify', 'tell', 'close').closed).not.toHaveProperty('untold')
  })

  test.each([
    ['in the past', start, 'due-past'],
    ['a moment from now', after(start, hours(1)), undefined],
    ['ninety days ahead', after(start, days(90)), undefined],
    ['beyond ninety days', instant(after(start, days(90)) + 1), 'due-too-far'],
  ])('may be due %s or not', (_, due, why) => {
    expect(refusalOf(broughtBy(reported), { ...steps.assign, due }, 'li', start)).toBe(why)
  })

  test('has bounds: twenty actions, twenty photos, and is no duplicate of itself', () => {
    const one = broughtBy(reported, 'assign')
    const photos = Array.from({ length: 21 }, (_, i) => `${i}.jpg`)
    let busy = one
    for (let i = 0; i < mostActions; i += 1) busy = takeStep(busy, steps.act, 'zhao', start)

    expect(refusalOf(one, { ...steps.act, photos }, 'zhao', start)).toBe('too-many-photos')
    expect(refusalOf(one, { ...steps.act, photos: photos.slice(1) }, 'zhao', start)).toBeUndefined()
    expect(refusalOf(busy, steps.act, 'zhao', start)).toBe('too-many-actions')
    expect(stepsFor(busy, 'li')).not.toContain('act')
    expect(refusalOf(one, { ...steps.cancel, duplicateOf: one.id }, 'li', start)).toBe('duplicate-of-itself')
  })
})

describe('what is due', () => {
  const due = (one: Case) => duesOf(one).map(({ what, at }) => `${what} ${(at - start) / 3_600_000}h`)

  test('is the answer within 24 hours, then what was agreed, and the close within a week', () => {
    expect(due(broughtBy(reported))).toEqual(['answer 24h', 'close 168h'])
    expect(due(broughtBy(reported, 'assign'))).toEqual(['act 8h', 'answer 24h', 'close 168h'])
    expect(due(broughtBy(reported, 'answer', 'assign', 'act'))).toEqual(['close 168h'])
    expect(due(broughtBy(alarmed))).toEqual(['close 168h'])
    expect(due(broughtBy(reported, 'assign', 'act', 'verify', 'tell'))).toEqual(['close 168h'])
    expect(due(broughtBy(reported, 'cancel'))).toEqual([])
  })

  test('is overdue from the very moment on', () => {
    const one = broughtBy(reported)
    expect(overdueOf(one, instant(after(start, hours(24)) - 1))).toEqual([])
    expect(overdueOf(one, after(start, hours(24))).map(({ what }) => what)).toEqual(['answer'])
  })
})
