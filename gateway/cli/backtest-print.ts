import type { Instant } from '../../protocols/contract/time.ts'
import type { BacktestAnswer, ComparedPolicy, ComparedRule, Episode } from '../backtest.ts'
import type { Verdicts } from '../policy/backtest.ts'
import { isoInZone } from '../zone.ts'

/** The answer for a person at a terminal. */
export function printAnswer(answer: BacktestAnswer, language: 'zh' | 'en', file: string, print: (line: string) => void): void {
  const say = (zh: string, en: string): void => print(language === 'zh' ? zh : en)
  const time = (at: Instant): string => isoInZone(at, answer.timeZone).replace(/:\d\d\.\d+/, '')
  const { accepted, bad, late, duplicate } = answer.readings
  const [from, to] = [time(answer.from), time(answer.to)]
  say(
    `试运行 ${from} 至 ${to}，${accepted} 个读数（另有坏值 ${bad}、迟到 ${late}、重复 ${duplicate}）`,
    `tried ${from} to ${to} over ${accepted} readings (beside them ${bad} bad, ${late} late, ${duplicate} repeated)`,
  )
  const [was, would] = [answer.policies.before, answer.policies.after].map(list => list.map(nameOf).join(', '))
  say(`现行：${was}`, `now:     ${was}`)
  say(`改动：${would}（${file}）`, `changed: ${would} (${file})`)
  if (answer.damaged > 0)
    say(`有 ${answer.damaged} 块读数已损坏，未计入`, `${answer.damaged} damaged blocks of readings were left out`)
  if (answer.unheard.length > 0)
    say(
      `没有任何读数，无从判断：${answer.unheard.join(' ')}`,
      `no reading at all, nothing can be said: ${answer.unheard.join(' ')}`,
    )
  if (answer.notTried.length > 0)
    say(
      `看人有没有处理报警的规则无从试运行：${answer.notTried.join(' ')}`,
      `rules that watch what people answer cannot be tried: ${answer.notTried.join(' ')}`,
    )
  for (const { rule, at, why } of answer.broken)
    say(`规则 ${rule} 在 ${time(at)} 出错，此后未判：${why}`, `rule ${rule} broke at ${time(at)} and judged no more: ${why}`)
  const { before, after } = answer
  say('', '')
  say(`报警     ${before.alarms} → ${after.alarms} 次`, `alarms           ${before.alarms} → ${after.alarms}`)
  if (before.standing + after.standing > 0)
    say(`开始时已在 ${before.standing} → ${after.standing} 条`, `standing before  ${before.standing} → ${after.standing}`)
  say(
    `报警时间 ${hours(before.hours)} → ${hours(after.hours)} 小时`,
    `hours in alarm   ${hours(before.hours)} → ${hours(after.hours)}`,
  )
  say(
    `报警潮   ${before.floods.length} → ${after.floods.length} 次（10 分钟内多于 10 条）`,
    `floods           ${before.floods.length} → ${after.floods.length} (more than 10 in 10 minutes)`,
  )
  for (const rule of answer.rules) if (rule.change !== 'none' || rule.goes + rule.comes > 0) printRule(rule, language, print)
  printEpisodes(answer.goes, language === 'zh' ? '不再报警' : 'would go', time, print)
  printEpisodes(answer.comes, language === 'zh' ? '新增报警' : 'would come', time, print)
}

const nameOf = ({ id, version, digest }: ComparedPolicy): string => `${id} ${version}${digest ? `+${digest.slice(0, 8)}` : ''}`
const hours = (count: number): string => count.toFixed(1)

const changes = {
  none: { zh: '未改动，受牵连', en: 'not changed itself' },
  settings: { zh: '改动', en: 'changed' },
  added: { zh: '新增', en: 'added' },
  removed: { zh: '停用', en: 'switched off' },
} as const

function printRule(rule: ComparedRule, language: 'zh' | 'en', print: (line: string) => void): void {
  const settings = rule.settings.map(({ key, before, after }) => `${key} ${before ?? '–'} → ${after ?? '–'}`).join(', ')
  const reason = rule.reason === undefined ? '' : language === 'zh' ? `；理由：${rule.reason}` : `; reason: ${rule.reason}`
  print('')
  print(
    `${rule.rule} (${rule.clause} ${rule.title[language]}) ${changes[rule.change][language]}${settings && `: ${settings}`}${reason}`,
  )
  const { before, after, goes, comes, records } = rule
  print(
    language === 'zh'
      ? `  ${before.alarms} 次 ${hours(before.hours)} 小时 → ${after.alarms} 次 ${hours(after.hours)} 小时；少 ${goes} 次，多 ${comes} 次`
      : `  alarms ${before.alarms} → ${after.alarms}, hours ${hours(before.hours)} → ${hours(after.hours)}; ${goes} would go, ${comes} would come`,
  )
  if (!records) return
  const said = (verdicts: Verdicts): string =>
    Object.entries(verdicts)
      .map(([verdict, count]) => `${verdict} ${count}`)
      .join(', ') || '–'
  print(`  ${language === 'zh' ? '记录' : 'records'}: ${said(records.before)} → ${said(records.after)}`)
}

function printEpisodes(
  episodes: readonly Episode[],
  head: string,
  time: (at: Instant) => string,
  print: (line: string) => void,
): void {
  if (episodes.length === 0) return
  print('')
  print(`${head} (${episodes.length}):`)
  for (const { rule, raisedAt, clearedAt, value } of episodes.slice(0, 50)) {
    print(
      `  ${time(raisedAt)} – ${clearedAt === undefined ? '…' : time(clearedAt)}  ${rule}${value === undefined ? '' : `  ${value}`}`,
    )
  }
  if (episodes.length > 50) print(`  … (${episodes.length - 50}; --json)`)
}
