import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant } from '../../protocols/contract/time.ts'
import { digestOf, signedItems, signingRefusal } from '../../gateway/handover/handover.ts'
import type { HandoverItem, Signing } from '../../gateway/handover/handover.ts'
import { Handovers } from '../../gateway/handover/handovers.ts'

const at = instant(Date.UTC(2026, 8, 1, 7, 30))
const item = (key: string, mustComment = false): HandoverItem => ({
  key,
  kind: 'alarm',
  id: key.split(':')[1] ?? '',
  title: { zh: key, en: key },
  priority: mustComment ? 'high' : 'low',
  mustComment,
})
const list = [item('alarm:A1', true), item('alarm:A2'), item('case:C3')]
const signing = (more: Partial<Signing> = {}): Signing => ({
  roster: 'guards',
  outgoing: { account: 'li', name: '李' },
  incoming: { account: 'wang', name: '王' },
  digest: digestOf(list),
  items: [{ key: 'alarm:A1', comment: '已报修' }],
  notes: '',
  ...more,
})

describe('a hand-over', () => {
  test('is signed when what is urgent has a word and nothing came since the list was made', () => {
    expect(signingRefusal(signing(), list)).toBeUndefined()
  })

  test.each([
    ['the same name', 'li'],
    ['the same name in capitals', 'LI'],
  ])('is not signed by one person twice: %s', (_, account) => {
    expect(signingRefusal(signing({ incoming: { account, name: account } }), list)).toEqual({ why: 'same-person' })
  })

  test('asks for a word about what is urgent; blanks are none', () => {
    expect(signingRefusal(signing({ items: [{ key: 'alarm:A1', comment: '  ' }] }), list)).toEqual({
      why: 'uncommented',
      keys: ['alarm:A1'],
    })
  })

  test('is not signed when something came that they have not spoken about', () => {
    expect(signingRefusal(signing(), [...list, item('alarm:A9')])).toEqual({
      why: 'changed',
      keys: expect.arrayContaining(['alarm:A9']),
    })
  })

  test('is not signed when something became urgent meanwhile', () => {
    const said = list.map(({ key }) => ({ key, comment: key === 'alarm:A1' ? 'x' : '' }))
    const now = [item('alarm:A1', true), item('alarm:A2', true), item('case:C3')]
    expect(signingRefusal(signing({ items: said }), now)).toEqual({ why: 'changed', keys: ['alarm:A2'] })
  })

  test('is not held up by what was settled meanwhile, and keeps what was said of it', () => {
    const said = list.map(({ key }) => ({ key, comment: `about ${key}` }))
    const now = list.slice(1)
    expect(signingRefusal(signing({ items: said }), now)).toBeUndefined()
    expect(signedItems(said, now)).toEqual([
      {
        key: 'alarm:A2',
        kind: 'alarm',
        id: 'A2',
        title: { zh: 'alarm:A2', en: 'alarm:A2' },
        priority: 'low',
        comment: 'about alarm:A2',
      },
      {
        key: 'case:C3',
        kind: 'alarm',
        id: 'C3',
        title: { zh: 'case:C3', en: 'case:C3' },
        priority: 'low',
        comment: 'about case:C3',
      },
      { key: 'alarm:A1', comment: 'about alarm:A1', settled: true },
    ])
  })

  test('never leaves out what is open, and never passes over what is urgent in silence', () => {
    const keys = fc.uniqueArray(fc.constantFrom('alarm:A1', 'alarm:A2', 'case:C3', 'lock-out:x', 'duty:y'), { maxLength: 5 })
    const open = keys.chain(some => fc.tuple(...some.map(key => fc.boolean().map(must => item(key, must)))))
    const words = fc.dictionary(
      fc.constantFrom('alarm:A1', 'alarm:A2', 'case:C3', 'lock-out:x'),
      fc.constantFrom('', ' ', 'seen'),
    )
    let signed = 0
    fc.assert(
      fc.property(open, open, words, fc.boolean(), (then, now, comments, isFresh) => {
        const items = Object.entries(comments).map(([key, comment]) => ({ key, comment }))
        const refusal = signingRefusal(signing({ items, digest: digestOf(isFresh ? now : then) }), now)
        if (refusal) return
        signed += 1
        const kept = signedItems(items, now)
        for (const { key, mustComment } of now) {
          const found = kept.find(one => one.key === key)
          expect(found).toBeDefined()
          if (mustComment) expect(found?.comment.trim()).not.toBe('')
        }
      }),
      { numRuns: 2_000 },
    )
    expect(signed).toBeGreaterThan(100)
  })

  test('has the same digest however it is ordered and however old it is', () => {
    expect(digestOf(list.toReversed().map(one => ({ ...one, since: at })))).toBe(digestOf(list))
    expect(digestOf(list.slice(1))).not.toBe(digestOf(list))
  })
})

describe('the book of hand-overs', () => {
  const change = { name: { zh: '保安', en: 'Guards' } }

  test('writes the list, the record that DUT-1 waits for, and what helps the next shift', () => {
    const book = new Handovers(['desk-1', 'desk-2'])
    const decision = book.sign(signing({ notes: '钥匙在抽屉' }), change, list, at)

    expect(decision.drafts?.map(({ kind, about, by }) => [kind, about, by])).toEqual([
      ['handover.signed', 'guards', 'li'],
      ['record.handover', 'desk-1', 'li'],
      ['record.handover', 'desk-2', 'li'],
    ])
    expect(decision.drafts?.[0]?.data).toMatchObject({
      outgoing: { account: 'li' },
      incoming: { account: 'wang' },
      notes: '钥匙在抽屉',
    })
    expect(decision.readings?.map(({ point, value }) => `${point} ${value}`)).toEqual([
      'desk-1.record:handover/open 3',
      'desk-1.record:handover 1',
      'desk-2.record:handover/open 3',
      'desk-2.record:handover 1',
    ])
    const again = new Handovers()
    again.restore(new Map(decision.checkpoints?.map(({ key, value }) => [key, structuredClone(value)])))
    expect(again.last('guards')).toMatchObject({ at, comments: { 'alarm:A1': '已报修' }, notes: '钥匙在抽屉' })
  })

  test('is as before when it could not be written', () => {
    const book = new Handovers()
    book.sign(signing(), change, list, at)
    const before = book.last('guards')
    book.sign(signing({ notes: 'lost' }), change, list, instant(at + 1)).undo?.()
    expect(book.last('guards')).toBe(before)
    const empty = new Handovers()
    empty.sign(signing(), change, list, at).undo?.()
    expect(empty.last('guards')).toBeUndefined()
  })

  test('writes nothing that was refused, and passes over a damaged checkpoint', () => {
    const book = new Handovers(['desk-1'])
    const refused = book.sign(signing({ items: [] }), change, list, at)
    expect([refused.drafts, refused.answer([])]).toEqual([
      undefined,
      { ok: false, refusal: { why: 'uncommented', keys: ['alarm:A1'] } },
    ])
    book.restore(
      new Map<string, unknown>([
        ['handover:guards', { at: 'x' }],
        ['handover:x', null],
      ]),
    )
    expect(book.last('guards')).toBeUndefined()
  })
})
