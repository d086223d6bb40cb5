import { expect } from 'vitest'
import { png } from '../kit/picture.ts'
import type { Hand } from './hand.ts'
import type { Alarm, School, Who } from './school.ts'

/** What the three of docs/design.md want most, five each, as they do it, with the number of touches the page there promises. */
export interface Journey {
  readonly who: Who
  readonly wants: string
  readonly taps: number
  /** What lies under the records on a phone is one touch farther away there. */
  readonly deeper?: true
  readonly walk: (hand: Hand, school: School) => Promise<void>
}

const clauseId = /[A-Z]{3}-\d+/

const needs = ({ page, t }: Hand) => page.getByRole('region', { name: t.overview.needsYou })

/** The alarm whose id is asked for, with everything there is to say of it. */
const pane = (hand: Hand, alarm: Alarm) =>
  hand.main.getByRole('article', { name: hand.say(alarm.title) }).filter({ hasText: alarm.id })

async function first(school: School, wanted: (alarm: Alarm) => boolean = () => true): Promise<Alarm> {
  const found = (await school.unanswered(2)).find(wanted)
  if (!found) throw new Error('no such alarm waits for somebody')
  return found
}

/** The temperature log, wherever one is. */
async function toTemperatures(hand: Hand, school: School): Promise<void> {
  const { items } = await school.ask<{ items: { kind: string; name: Alarm['title'] }[] }>('/logs')
  const kind = items.find(one => one.kind === 'temperature')
  if (!kind) throw new Error('no temperature log')
  await hand.goTo(hand.t.nav.logs)
  const button = hand.main.getByRole('button', { name: hand.say(kind.name), exact: true })
  await button.waitFor()
  // It is the first of the logs, and open already.
  if ((await button.getAttribute('aria-pressed')) !== 'true') await hand.press(button)
  await hand.page.getByRole('article').waitFor()
}

export const journeys: readonly Journey[] = [
  {
    who: 'facilities',
    wants: 'to know whether everything is all right',
    taps: 0,
    async walk(hand, school) {
      if (!hand.isPhone) {
        await hand.open(`/wall#key=${encodeURIComponent(school.wallKey)}`)
        await hand.page.getByRole('heading', { level: 1 }).waitFor()
        await hand.whole({ canUnfold: false })
      }
      await hand.open()
      const first = needs(hand)
      await first.waitFor()
      expect((await first.boundingBox())?.y).toBeLessThan(hand.isPhone ? 200 : 150)
      expect(await first.innerText()).toMatch(new RegExp(`${hand.t.overview.needsYou}\\s*\\d+|${hand.t.overview.fine}`))
    },
  },
  {
    who: 'facilities',
    wants: 'to know why an alarm stands, by which clause, and what is to be done',
    taps: 0,
    async walk(hand, school) {
      const [alarm] = await school.unanswered()
      await hand.open()
      const card = needs(hand).getByRole('article').first()
      await card.waitFor()
      const said = await card.innerText()
      for (const label of [hand.t.alarm.clause, hand.t.alarm.tell, hand.t.alarm.advice]) expect(said).toContain(label)
      expect(said).toMatch(clauseId)
      expect(alarm?.clause).toMatch(clauseId)
    },
  },
  {
    who: 'facilities',
    wants: 'to say that it was seen',
    taps: 1,
    async walk(hand, school) {
      await school.unanswered(2)
      await hand.open()
      const card = needs(hand).getByRole('article').first()
      const button = card.getByRole('button', { name: hand.t.deed.acknowledge })
      const id = (await button.getAttribute('data-acknowledge')) ?? ''
      await hand.press(button)
      await hand.type(needs(hand).getByRole('textbox', { name: hand.t.alarm.comment }), '去看', true)
      await expect.poll(async () => (await school.alarm(id)).state).toBe('acknowledged')
    },
  },
  {
    who: 'facilities',
    wants: 'to see how a piece of equipment was today',
    taps: 1,
    async walk(hand, school) {
      const { equipment } = await school.ask<{ equipment: { id: string; name: Alarm['title'] }[] }>('/site')
      const cabinet = equipment.find(({ id }) => id === 'cold-1')
      if (!cabinet) throw new Error('no such cabinet')
      const name = hand.say(cabinet.name)
      await hand.open()
      await hand.press(
        hand.main
          .getByRole('link')
          .filter({ hasText: name })
          .filter({ has: hand.page.locator('.gauge') }),
      )
      await hand.main.getByRole('heading', { level: 1, name }).waitFor()
      await hand.main.locator('canvas').first().waitFor()
    },
  },
  {
    who: 'facilities',
    wants: 'to hand over the shift',
    taps: 2,
    async walk(hand) {
      await hand.open()
      await hand.goTo(hand.t.nav.handover)
      await hand.main.getByRole('heading', { name: hand.t.handover.sign }).waitFor()
      // The draft has what is open, without anybody having written it.
      expect(await hand.main.getByRole('textbox', { name: /\S/ }).count()).toBeGreaterThan(3)
      await hand.main.getByRole('button', { name: hand.t.handover.submit }).waitFor()
    },
  },
  {
    who: 'maintenance',
    wants: 'to know what is broken, and where',
    taps: 1,
    async walk(hand, school) {
      const alarm = await first(school)
      await hand.follow(`/alarms#${alarm.id}`)
      const shown = pane(hand, alarm)
      await shown.waitFor()
      const { equipment } = await school.ask<{ equipment: { id: string; name: Alarm['title'] }[] }>('/site')
      const where = equipment.find(({ id }) => id === alarm.equipment)
      await shown
        .getByRole('link', { name: where ? hand.say(where.name) : alarm.equipment })
        .first()
        .waitFor()
    },
  },
  {
    who: 'maintenance',
    wants: 'to say that they see to it',
    taps: 1,
    async walk(hand, school) {
      const alarm = await first(school)
      await hand.open(`/alarms#${alarm.id}`)
      await hand.press(pane(hand, alarm).getByRole('button', { name: hand.t.deed.acknowledge, exact: true }))
      await hand.type(pane(hand, alarm).getByRole('textbox', { name: hand.t.alarm.comment }), '我来', true)
      await expect.poll(async () => (await school.alarm(alarm.id)).state).toBe('acknowledged')
      await pane(hand, alarm).getByText('我来').first().waitFor()
    },
  },
  {
    who: 'maintenance',
    wants: 'to walk a round',
    taps: 2,
    async walk(hand) {
      const { t } = hand
      await hand.open()
      await hand.goTo(t.nav.rounds)
      // Until the list has come no code is known.
      await hand.main.getByRole('region', { name: t.rounds.title }).waitFor()
      await hand.type(hand.main.getByRole('textbox', { name: t.rounds.code }), 'QK7G-AT4N')
      await hand.press(hand.main.getByRole('button', { name: t.rounds.note, exact: true }))
      await hand.main.getByText(t.rounds.marked).or(hand.main.getByText(t.rounds.again)).first().waitFor()
    },
  },
  {
    who: 'maintenance',
    wants: 'to write down what was done, with a photo',
    taps: 2,
    async walk(hand, school) {
      const { t } = hand
      const { id } = await school.tell('POST', '/cases', { what: '压缩机响', equipment: 'cold-1' })
      const to = { person: 'wangfang', due: Date.now() + 86_400_000, note: '' }
      await school.tell('POST', `/cases/${String(id)}/assign`, to)
      await hand.open(`/cases/${String(id)}`)
      const form = hand.main.getByRole('form', { name: t.cases.step.act })
      await hand.choosePhoto(form.getByText(t.cases.photo.take), png(40, 30, 128))
      await form.getByRole('img').waitFor()
      await hand.type(form.getByRole('textbox', { name: t.cases.what }), '换了压缩机垫脚')
      await hand.press(form.getByRole('button', { name: t.cases.step.act }))
      await hand.main.getByText(t.cases.state.acted).first().waitFor()
    },
  },
  {
    who: 'maintenance',
    wants: 'to be left in peace while repairing',
    taps: 2,
    async walk(hand, school) {
      const { t } = hand
      const alarm = await first(school, ({ priority }) => priority !== 'high')
      await hand.open(`/alarms#${alarm.id}`)
      await hand.press(pane(hand, alarm).getByRole('button', { name: t.deed.shelve, exact: true }))
      await hand.type(pane(hand, alarm).getByRole('textbox', { name: t.deed.reason }), '正在修')
      await hand.press(pane(hand, alarm).locator('button[type=submit]'))
      await expect.poll(async () => (await school.alarm(alarm.id)).state).toBe('shelved')
      await school.tell('POST', `/alarms/${alarm.id}/unshelve`, {})
    },
  },
  {
    who: 'inspector',
    wants: 'the temperatures of last month',
    taps: 3,
    async walk(hand, school) {
      await hand.open()
      await toTemperatures(hand, school)
      await hand.press(hand.main.getByText(hand.t.logs.spans['last-month'], { exact: true }))
      await hand.settled()
      await hand.page.getByRole('article').getByRole('heading').first().waitFor()
    },
  },
  {
    who: 'inspector',
    wants: 'to know whether anything is missing, and why',
    taps: 1,
    async walk(hand) {
      await hand.open('/logs/temperature')
      const paper = hand.page.getByRole('article')
      await paper.waitFor()
      expect(await paper.getByRole('status').innerText()).toMatch(/\d\s*%/)
    },
  },
  {
    who: 'inspector',
    wants: 'to know whether the data was changed',
    taps: 2,
    async walk(hand) {
      await hand.open('/logs/temperature')
      await hand.press(hand.main.getByText(hand.t.logs.pack.title, { exact: true }))
      const [pack] = await Promise.all([
        hand.page.waitForEvent('download'),
        hand.press(hand.main.getByRole('link', { name: hand.t.logs.pack.get(1) })),
      ])
      expect(pack.suggestedFilename()).toMatch(/\.zip$/)
      await pack.cancel()
    },
  },
  {
    who: 'inspector',
    wants: 'to know whether anybody watches a clause',
    taps: 2,
    deeper: true,
    async walk(hand) {
      const { t } = hand
      await hand.open()
      await hand.goTo(t.policies.title)
      const clause = hand.main.getByRole('button', { name: 'CAN-1', expanded: false }).first()
      await hand.press(clause)
      await hand.main.getByRole('list', { name: t.policies.watchedBy }).first().waitFor()
      await hand.main.getByText(t.policies.alarmBasis).first().waitFor()
    },
  },
  {
    who: 'inspector',
    wants: 'to know who did what, and when',
    taps: 2,
    deeper: true,
    async walk(hand, school) {
      const { t } = hand
      const { items } = await school.ask<{ items: Alarm[] }>('/alarms?limit=200&state=open')
      const [alarm] = items
      if (!alarm) throw new Error('no alarm')
      await hand.open()
      await hand.goTo(t.alarm.title)
      const row = hand.main.locator('button[aria-pressed]').filter({ hasText: /\S/ }).nth(1)
      await hand.press(row)
      await hand.main.getByRole('heading', { name: t.alarm.timeline }).first().waitFor()
      await hand.main.getByText(t.triage.began).first().waitFor()
    },
  },
]
