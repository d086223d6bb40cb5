import type { Words } from '../../../protocols/contract/driver.ts'
import { parseDuration } from '../../../protocols/contract/duration.ts'
import { after, days, hours, millis } from '../../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import type { LogDocument, LogSection } from '../document.ts'
import type { LogQuestion } from '../question.ts'
import { endOf } from '../source.ts'
import type { LogSource } from '../source.ts'
import { both, joined, rounded, say } from './cells.ts'
import { chlorineSection } from './chlorine.ts'
import { chlorineAfter, dosedGrams, dosingsOf, factsOf, followUps, isValid, lastBefore } from './dosings.ts'
import type { After, Dosing, Facts } from './dosings.ts'
import { deskOf, sheet } from './paper.ts'
import type { Desk } from './paper.ts'
import { amount, count, length, section, share, text, time, verdict } from './section.ts'
import type { Shown } from './section.ts'
import { stepsOf } from './steps.ts'

interface Dosed extends Facts {
  readonly one: Dosing
  readonly after: After | undefined
  readonly since: Millis | null
  /** At the machine beside the tank, where nobody wrote anything down. */
  readonly signedAt: Instant | undefined
}

/** 水池消毒记录表 (WAT-1…5): each dosing, how the tanks kept to their ten days, what was used up, and the residual day by day. */
export function dosingLog(source: LogSource, question: LogQuestion): LogDocument {
  const desk = deskOf(source, question)
  const { site } = source
  const tanks = site.equipment.filter(({ id, type }) => type === 'water-tank' && desk.names.wants(id))
  const points = site.points.filter(({ equipment, key }) => key === 'chlorine' && tanks.some(({ id }) => id === equipment))
  const all = once(() => dosedOf(desk))
  return sheet('dosing', desk, {
    title: say('水池消毒记录表', 'Dosing log'),
    points: points.map(({ id }) => id),
    sections: [
      dosingsSection(desk, all),
      tanksSection(
        desk,
        tanks.map(({ id }) => id),
        all,
      ),
      productsSection(all),
      ...points.flatMap(point => chlorineSection(desk, point)),
    ],
    signatures: [say('投药人', 'Dosed by'), say('复核人', 'Second person'), say('负责人', 'Person in charge')],
  })
}

/** Worked out when it is first asked for, and kept: dosings are few. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}

function dosedOf(desk: Desk): readonly Dosed[] {
  const { question, source } = desk
  const last = new Map(lastBefore(desk, question.from))
  const follow = followUps(desk, question.from, question.to)
  return dosingsOf(desk, question.from, question.to).map(one => {
    const tank = source.site.equipment.find(({ id }) => id === one.tank)
    const point = source.site.points.find(({ equipment, key }) => equipment === one.tank && key === 'chlorine')
    const facts = factsOf(one, tank?.facts ?? {}, tank?.factWords)
    const before = last.get(one.tank)
    if (isValid(one)) last.set(one.tank, one.at)
    const named = one.lines.flatMap(({ entries }) => entries.map(seq => follow.get(seq))).find(found => found !== undefined)
    const then = named ?? (point ? chlorineAfter(source.past, point.id, one.at) : undefined)
    const signedAt = one.written ? undefined : signedAtMachine(source, one)
    return { ...facts, one, after: then, signedAt, since: before === undefined ? null : ((one.at - before) as Millis) }
  })
}

/** The first press of the signing machine from just before the dosing until a day after it (WAT-4). */
function signedAtMachine({ site, past }: LogSource, { tank, at }: Dosing): Instant | undefined {
  const point = site.points.find(({ equipment, key }) => equipment === tank && key === 'signed')
  if (!point) return undefined
  return [...stepsOf(past, point.id, after(at, millis(-hours(1))), after(at, days(1)))][0]
}

const sources: Readonly<Record<Facts['volumeFrom'], Words | null>> = {
  sensor: say('液位计', 'sensor'),
  typed: say('人工填写', 'typed'),
  unknown: null,
}

function dosingsSection({ names, source }: Desk, all: () => readonly Dosed[]): LogSection {
  const grams = ['g', 1] as const
  const residual = ['mg/L', 2] as const
  return section<Dosed>({
    id: 'dosings',
    title: say('投药记录', 'Dosings'),
    columns: [
      time('at', '投药时间', 'Time', ({ one }) => one.at),
      text('tank', '水池', 'Tank', ({ one }) => names.equipment(one.tank)),
      text('product', '药剂名称', 'Product', ({ productName }) => productName, 16),
      text('batch', '批号', 'Batch', ({ batch, madeOn }) =>
        joined([batch === null ? null : say(batch, batch), madeOn === null ? null : say(`生产 ${madeOn}`, `made ${madeOn}`)]),
      ),
      share('strength', '有效氯含量', 'Strength', ({ strength }) => strength),
      amount('volume', '池内水量', 'Water', ['m³', 2], ({ volume }) => volume),
      text('volumeFrom', '水量来源', 'Volume by', ({ volumeFrom }) => sources[volumeFrom], 9),
      amount('required', '应投量', 'Required', grams, ({ required }) => required),
      amount('grams', '实投量', 'Dosed', grams, row => dosedGrams(row)),
      amount('weighed', '其中设备称量', 'Of it, weighed by the device', grams, ({ weighed }) => weighed),
      share('difference', '相差', 'Difference', differenceOf),
      amount('before', '投药前余氯', 'Residual before', residual, ({ before }) => before),
      amount('after', '投药后余氯', 'Residual after', residual, ({ after }) => after?.residual ?? null),
      length('contact', '接触时间', 'Contact time', ({ one, after }) => (after ? after.at - one.at : null)),
      amount('days', '距上次', 'Since the last', ['d', 1], ({ since }) => (since === null ? null : rounded(since / days(1), 1))),
      text('by', '投药人', 'By', ({ one }) => (one.written ? names.person(one.written.entry.by) : null)),
      text('second', '复核人', 'Second person', ({ second }) => (second === null ? null : names.person(second))),
      verdict('verdict', '判定', 'Verdict', row => row.verdict),
      text('why', '说明', 'Why', ({ why }) => why, 36),
    ],
    *rows() {
      for (const row of all()) yield rowOf(row, longestFor(source, row.one.tank))
    },
    whenEmpty: say('本期没有投药', 'Nothing was dosed in this period'),
    notes: [
      say(
        '设备称了量、人也写了的算一次，按设备称的量计；投药后余氯是接触满 30 分钟后的第一个读数，或投药人登记的复测。',
        'What a device weighed and a person wrote down is one dosing and counts as weighed; the residual after is the first reading once 30 minutes are over, or what was measured by hand for it.',
      ),
    ],
  })
}

function rowOf(
  row: Dosed,
  longest: Millis,
): Shown<Dosed> | { readonly gone: Instant; readonly entries: readonly number[]; readonly remark: Words } {
  const { one, since, after, grams, weighed } = row
  const [line] = one.lines
  const entries = [...one.lines.flatMap(own => own.entries), ...(after?.entries ?? [])]
  if (line?.gone) return { gone: one.at, entries, remark: line.gone }
  const remarks = [
    ...one.lines.map(({ remark }) => remark),
    since !== null && since > longest ? say('超过规定间隔', 'later than the rule allows') : null,
    grams !== null && weighed !== null && Math.abs(grams - weighed) > 0.1 * weighed
      ? say(`人写 ${grams} g，设备称 ${weighed} g，不一致`, `${grams} g were written down, ${weighed} g were weighed`)
      : null,
    row.signedAt === undefined ? null : say('已在签字机上签字', 'signed at the machine'),
    !one.written && row.signedAt === undefined && isValid(one) ? say('没有投药人签字', 'nobody has signed for it') : null,
    row.signed ? say('已签字', 'signed') : null,
  ]
  const isBad = row.verdict === 'bad' || (since !== null && since > longest)
  const tone = !isValid(one) ? 'quiet' : isBad ? 'bad' : undefined
  return { of: row, entries, remark: joined(remarks), ...(tone ? { tone } : {}) }
}

function differenceOf(row: Dosed): number | null {
  const actual = dosedGrams(row)
  return actual === null || row.required === null || row.required === 0
    ? null
    : rounded((actual - row.required) / row.required, 4)
}

/** As the site's duty has it; the house rule is ten days. */
export function longestFor({ site }: Pick<LogSource, 'site'>, tank: string): Millis {
  const duty = site.rules.find(({ equipment, clause, kind }) => equipment === tank && clause === 'WAT-1' && kind === 'due')
  return parseDuration(duty?.settings['every']) ?? days(10)
}

interface Tank {
  readonly id: string
  readonly times: number
  /** By the recorder at the tank, where there is one. */
  readonly counted: number | null
  readonly grams: number
  readonly longest: Millis | null
  readonly allowed: Millis
  readonly last: Instant | null
}

/** 十日一消毒 (WAT-1): the longest time without a dosing, the end of the period among them. */
function tanksSection(desk: Desk, tanks: readonly string[], all: () => readonly Dosed[]): LogSection {
  const { names, source, question } = desk
  return section<Tank>({
    id: 'intervals',
    title: say('定期消毒情况', 'How regularly'),
    columns: [
      text('tank', '水池', 'Tank', ({ id }) => names.equipment(id)),
      count('times', '投药次数', 'Dosings', ({ times }) => times),
      count('counted', '记录仪计数', 'Counted by the recorder', ({ counted }) => counted),
      amount('grams', '共投', 'In all', ['g', 1], ({ grams }) => rounded(grams, 1)),
      time('last', '最近一次', 'Last', ({ last }) => last),
      amount('longest', '最长间隔', 'Longest interval', ['d', 1], ({ longest }) =>
        longest === null ? null : rounded(longest / days(1), 1),
      ),
      amount('allowed', '规定间隔', 'Allowed', ['d', 1], ({ allowed }) => rounded(allowed / days(1), 1)),
      verdict('verdict', '判定', 'Verdict', ({ longest, allowed }) =>
        longest === null ? 'unknown' : longest <= allowed ? 'good' : 'bad',
      ),
    ],
    *rows() {
      const before = lastBefore(desk, question.from)
      const begun = source.past.span?.from
      for (const id of tanks) {
        const own = all().filter(({ one }) => one.tank === id && isValid(one))
        const counter = source.site.points.find(({ equipment, key }) => equipment === id && key === 'dosings')
        const counted = counter ? [...stepsOf(source.past, counter.id, question.from, endOf(source, question))] : []
        const marks = [before.get(id) ?? begun, ...counted, ...own.map(({ one }) => one.at), endOf(source, question)]
          .filter(at => at !== undefined)
          .toSorted((a, b) => a - b)
        const longest =
          marks.length < 2 ? null : (Math.max(...marks.slice(1).map((at, index) => at - (marks[index] ?? at))) as Millis)
        const allowed = longestFor(source, id)
        const grams = own.reduce((sum, row) => sum + (dosedGrams(row) ?? 0), 0)
        const last = marks.length > 2 ? (marks.at(-2) ?? null) : (before.get(id) ?? null)
        const isBad = longest !== null && longest > allowed
        yield {
          of: { id, times: own.length, counted: counter ? counted.length : null, grams, longest, allowed, last },
          ...(isBad ? { tone: 'bad' } : {}),
        }
      }
    },
    whenEmpty: say('没有水池', 'There is no tank'),
    notes: [
      say(
        '间隔从上一次投药算起；从没有投过的，从开始监测算起。',
        'From dosing to dosing; where there was none, from when the gateway began to watch.',
      ),
    ],
  })
}

interface Product {
  readonly product: Words
  readonly batch: string | null
  times: number
  grams: number
  readonly first: Instant | null
  last: Instant | null
  readonly entries: number[]
}

/** 药剂用量 (WAT-4) */
function productsSection(all: () => readonly Dosed[]): LogSection {
  return section<Product>({
    id: 'products',
    title: say('药剂用量汇总', 'Used, by product and batch'),
    columns: [
      text('product', '药剂名称', 'Product', ({ product }) => product, 20),
      text('batch', '批号', 'Batch', ({ batch }) => batch),
      count('times', '次数', 'Times', ({ times }) => times),
      amount('grams', '合计用量', 'In all', ['g', 1], ({ grams }) => rounded(grams, 1)),
      time('first', '首次使用', 'First', ({ first }) => first),
      time('last', '末次使用', 'Last', ({ last }) => last),
    ],
    *rows() {
      const sums = new Map<string, Product>()
      for (const row of all()) {
        const grams = dosedGrams(row)
        if (grams === null || !isValid(row.one)) continue
        const product = row.productName ?? both('—')
        const key = JSON.stringify([row.product, row.batch])
        const sum = sums.get(key) ?? {
          product,
          batch: row.batch,
          times: 0,
          grams: 0,
          first: row.one.at,
          last: row.one.at,
          entries: [],
        }
        sum.times += 1
        sum.grams += grams
        sum.last = row.one.at
        sum.entries.push(...row.one.lines.flatMap(({ entries }) => entries))
        sums.set(key, sum)
      }
      for (const sum of sums.values()) yield { of: sum, entries: sum.entries }
      const total = [...sums.values()].reduce((grams, sum) => grams + sum.grams, 0)
      const times = [...sums.values()].reduce((number, sum) => number + sum.times, 0)
      if (sums.size > 1)
        yield {
          of: { product: say('合计', 'In all'), batch: null, times, grams: total, first: null, last: null, entries: [] },
          tone: 'total',
        }
    },
    whenEmpty: say('本期没有用药', 'Nothing was used in this period'),
  })
}
