import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import type { LogDocument, LogSection } from '../document.ts'
import type { LogQuestion } from '../question.ts'
import type { LogSource } from '../source.ts'
import { both, joined, listIn, numberIn, saidIn, say, textIn, timeIn, wordsIn } from './cells.ts'
import type { Said } from './cells.ts'
import { shown } from './lines.ts'
import type { Line } from './lines.ts'
import { missedSection } from './missed-duties.ts'
import { deskOf, sheet } from './paper.ts'
import type { Desk } from './paper.ts'
import { count, section, text, time, verdict } from './section.ts'

/** 交接班记录本 (DUT-1): each change of shift, signed by both, and every item of it. */
export function handoverLog(source: LogSource, question: LogQuestion): LogDocument {
  const desk = deskOf(source, question)
  return sheet('handover', desk, {
    title: say('交接班记录', 'Hand-over log'),
    sections: [
      changesSection(desk),
      itemsSection(desk),
      missedSection(desk, clause => clause === 'DUT-1', say('没有办理的交接班', 'Not handed over')),
    ],
    signatures: [say('交班人', 'Handed over by'), say('接班人', 'Taken over by')],
  })
}

const kinds = ['handover.signed'] as const
const rosterOf = ({ source }: Desk, id: string | undefined): Words =>
  source.site.duty.rosters.get(id ?? '')?.name ?? both(id ?? '')

function changesSection(desk: Desk): LogSection {
  const { lines, question } = desk
  const items = ({ data }: Line): readonly Said[] => listIn(data['items']).map(saidIn)
  return section<Line>({
    id: 'changes',
    title: say('交接班', 'Changes of shift'),
    columns: [
      time('at', '交接时间', 'Time', ({ at }) => at),
      text('roster', '值班', 'Roster', ({ entry, data }) => wordsIn(data['name']) ?? rosterOf(desk, entry.about)),
      text('goes', '交班班次', 'Shift that ends', ({ data }) => wordsIn(saidIn(data['goes'])['shift']), 10),
      text('outgoing', '交班人', 'Handed over by', ({ data }) => signerOf(desk, data['outgoing'])),
      text('comes', '接班班次', 'Shift that begins', ({ data }) => wordsIn(saidIn(data['comes'])['shift']), 10),
      text('incoming', '接班人', 'Taken over by', ({ data }) => signerOf(desk, data['incoming'])),
      count('open', '未了事项', 'Open items', line => items(line).filter(({ settled }) => settled !== true).length),
      count('settled', '交接前已了', 'Settled before', line => items(line).filter(({ settled }) => settled === true).length),
      text('changed', '与上次不同', 'Different from the last', line => differenceOf(line), 30),
      text('notes', '交代事项', 'Notes', ({ data }) => textIn(data['notes']), 30),
      verdict('signed', '双方签字', 'Signed by both', ({ data }) =>
        textIn(saidIn(data['outgoing'])['account']) !== null && textIn(saidIn(data['incoming'])['account']) !== null
          ? 'good'
          : 'bad',
      ),
    ],
    *rows() {
      const before = new Map<string, ReadonlySet<string>>()
      for (const line of lines.of(kinds, question.from, question.to)) {
        const roster = line.entry.about ?? ''
        const keys = new Set(items(line).flatMap(({ key, settled }) => (settled === true ? [] : (textIn(key) ?? []))))
        const last = before.get(roster)
        if (!line.gone) before.set(roster, keys)
        yield shown({ ...line, data: { ...line.data, change: last && changeOf(last, keys) } }, one => one)
      }
    },
    whenEmpty: say('本期没有交接班', 'Nothing was handed over in this period'),
    notes: [
      say('双方各自输入密码签字；逐项内容见下表。', 'Both signed by their own passwords; each item is in the table below.'),
    ],
  })
}

const changeOf = (last: ReadonlySet<string>, now: ReadonlySet<string>): Said => ({
  fresh: [...now].filter(key => !last.has(key)).length,
  gone: [...last].filter(key => !now.has(key)).length,
})

function differenceOf({ data }: Line): Words | null {
  const { fresh, gone } = saidIn(data['change'])
  const [more, less] = [numberIn(fresh), numberIn(gone)]
  if (more === null || less === null) return null
  return more + less === 0 ? say('没有变化', 'nothing') : say(`新增 ${more} 项，了结 ${less} 项`, `${more} new, ${less} settled`)
}

/** 王芳（wangfang） */
function signerOf({ names }: Desk, signer: unknown): Words | null {
  const { account, name } = saidIn(signer)
  const [by, called] = [textIn(account), textIn(name)]
  if (by === null) return null
  return called === null || called === by ? names.person(by) : both(`${called} (${by})`)
}

const itemWords: Readonly<Record<string, Words>> = {
  'lock-out': say('设备停用', 'locked out'),
  alarm: say('报警未了', 'alarm'),
  'out-of-service': say('报警停用', 'alarm out of service'),
  shelved: say('报警搁置', 'alarm shelved'),
  suppressed: say('报警暂不通知', 'alarm kept quiet'),
  case: say('报修未结', 'case'),
  duty: say('该做未做', 'duty'),
  note: say('上班次交代', 'note'),
}

interface Item {
  readonly at: Instant
  readonly roster: Words
  readonly said: Said
}

function itemsSection(desk: Desk): LogSection {
  const { lines, question, names } = desk
  return section<Item>({
    id: 'items',
    title: say('逐项交接内容', 'Item by item'),
    columns: [
      time('at', '交接时间', 'Time', ({ at }) => at),
      text('roster', '值班', 'Roster', ({ roster }) => roster),
      text('kind', '种类', 'Kind', ({ said }) => itemWords[textIn(said['kind']) ?? ''] ?? textIn(said['kind']), 12),
      text('id', '编号', 'No.', ({ said }) => textIn(said['id']) ?? textIn(said['key']), 10),
      text('title', '事项', 'Item', ({ said }) => wordsIn(said['title']), 30),
      time('since', '从', 'Since', ({ said }) => timeIn(said['since'])),
      time('until', '到', 'Until', ({ said }) => timeIn(said['until'])),
      text('comment', '交接说明', 'What was said', ({ said }) => textIn(said['comment']), 36),
      text(
        'state',
        '状态',
        'State',
        ({ said }) => (said['settled'] === true ? say('已了', 'settled') : say('移交', 'handed over')),
        8,
      ),
    ],
    *rows() {
      for (const line of lines.of(kinds, question.from, question.to)) {
        if (line.gone) continue
        const { entry, at, data, entries, isStruck } = line
        for (const said of listIn(data['items']).map(saidIn))
          if (isWanted(names, said))
            yield {
              of: { at, roster: wordsIn(data['name']) ?? rosterOf(desk, entry.about), said },
              entries,
              remark: joined([line.remark]),
              ...(isStruck || said['settled'] === true ? { tone: 'quiet' } : said['priority'] === 'high' ? { tone: 'bad' } : {}),
            }
      }
    },
    whenEmpty: say('本期交接时没有未了事项', 'There was nothing open at any change of shift'),
  })
}

/** Where single pieces of equipment were asked for: what names one of them. Everything else is the shift's, not theirs. */
function isWanted(names: Desk['names'], { id, kind }: Said): boolean {
  if (names.isAll) return true
  const named = textIn(id) ?? ''
  return (kind === 'lock-out' || kind === 'duty' || kind === 'out-of-service') && names.wants(named.split('.')[0] ?? '')
}
