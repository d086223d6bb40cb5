import type { AdviceOfRule } from '../backtest.ts'
import type { Tried } from '../policy/advisor.ts'
import { writeDuration } from '../policy/written.ts'

const heads = {
  zh: ['延时', '回差', '恢复延时', '报警', '留住', '漏掉', '不必要', '又报', '多久后知道(小时)', '最迟', '多立(小时)'],
  en: ['onDelay', 'deadband', 'offDelay', 'alarms', 'kept', 'lost', 'needless', 'again', 'told after (h)', 'worst', 'beyond (h)'],
} as const

/** The advice with its evidence for a person at a terminal. */
export function printAdvice(advice: AdviceOfRule, language: 'zh' | 'en', print: (line: string) => void): void {
  const { rule, clause, title, limit, harm, excursions, readings, now, proposed, delays, front, sentence } = advice
  const longest = excursions.longestHours.toFixed(2)
  print(`${rule} (${clause} ${title[language]})`)
  print(
    language === 'zh'
      ? `制度限值 ${limit.op} ${limit.value} 不变。${readings} 个读数，超限 ${excursions.all} 次，其中 ${excursions.harmful} 次长于 ${writeDuration(harm)}（最长 ${longest} 小时），必须有人知道。`
      : `The clause's limit ${limit.op} ${limit.value} stays. Readings: ${readings}; excursions: ${excursions.all}, the longest ${longest} h; longer than ${writeDuration(harm)}, so that somebody must know: ${excursions.harmful}.`,
  )
  print(sentence[language])
  const table = (name: string, rows: readonly Tried[]): void => {
    print('')
    print(name)
    for (const line of aligned([heads[language], ...rows.map(row => cellsOf(row, now, proposed))])) print(`  ${line}`)
  }
  table(language === 'zh' ? '各种延时(* 现行，> 建议)' : 'each delay (* as it is, > proposed)', delays)
  table(language === 'zh' ? '互不能替代的选择' : 'choices of which none beats another', front.slice(0, 20))
}

function cellsOf(row: Tried, now: Tried, proposed: Tried | undefined): readonly string[] {
  const mark = isSame(row, proposed) ? '>' : isSame(row, now) ? '*' : ''
  return [
    `${mark}${writeDuration(row.onDelay)}`,
    String(row.deadband),
    writeDuration(row.offDelay),
    ...[row.alarms, row.kept, row.lost, row.nuisance, row.repeats].map(String),
    ...[row.toldAfter.mean, row.toldAfter.worst, row.beyond].map(hours => hours.toFixed(2)),
  ]
}

const isSame = (one: Tried, other: Tried | undefined): boolean =>
  one.onDelay === other?.onDelay && one.deadband === other.deadband && one.offDelay === other.offDelay

/** Columns under their heads; a Chinese character takes two places. */
function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widthOf = (text: string): number =>
    [...text].reduce((width, character) => width + (/[\u2e80-\uffef]/u.test(character) ? 2 : 1), 0)
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => widthOf(row[column] ?? ''))))
  return rows.map(row => row.map((cell, column) => ' '.repeat((widths[column] ?? 0) - widthOf(cell)) + cell).join('  '))
}
