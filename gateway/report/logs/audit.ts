import type { Words } from '../../../protocols/contract/driver.ts'
import type { Entry } from '../../journal/entry.ts'
import type { LogDocument, LogSection } from '../document.ts'
import type { LogQuestion } from '../question.ts'
import type { LogSource } from '../source.ts'
import { accountKinds, actColumns, columnOf, gatewayKinds, keepingKinds, refusals } from './audit-kinds.ts'
import { both, say } from './cells.ts'
import { changesOf } from './configured-changes.ts'
import type { Change } from './configured-changes.ts'
import { correctionsSection } from './corrections.ts'
import { detailsOf } from './details.ts'
import { goneOf } from './lines.ts'
import { deskOf, sheet } from './paper.ts'
import type { Desk } from './paper.ts'
import { count, section, text, time } from './section.ts'
import type { Column } from './section.ts'

/** 审计记录 (DUT-5): who came in, what was changed, what was put right, what was taken out and what was removed. */
export function auditLog(source: LogSource, question: LogQuestion): LogDocument {
  const desk = deskOf(source, question)
  return sheet('audit', desk, {
    title: say('审计记录', 'Audit trail'),
    // What is the whole house's has no place in the trail of single pieces of equipment.
    sections: desk.names.isAll
      ? [peopleSection(desk), changesSection(desk), correctionsSection(desk), ...houseSections(desk)]
      : [changesSection(desk), correctionsSection(desk)],
    signatures: [say('审计人', 'Audited by'), say('单位负责人', 'Head')],
  })
}

const houseSections = (desk: Desk): readonly LogSection[] => [
  happenedSection(
    desk,
    'accounts',
    say('账号与登录', 'Accounts and sign-ins'),
    accountKinds,
    say('本期没有登录或账号变动', 'Nobody signed in and no account changed'),
  ),
  happenedSection(
    desk,
    'keeping',
    say('导出、封存、删除与备份', 'Exports, holds, removals and backups'),
    keepingKinds,
    say('本期没有导出、删除或备份', 'Nothing was exported, removed or backed up'),
  ),
  happenedSection(
    desk,
    'gateway',
    say('网关、时钟与连接', 'Gateway, clock and connections'),
    gatewayKinds,
    say('本期没有启停、改时钟或断线', 'The gateway neither started nor stopped, no clock was set, no line was down'),
  ),
]

/** What happened, in the order in which it was written: the audit trail is never put into another. */
function happenedSection(
  desk: Desk,
  id: string,
  title: Words,
  kinds: Readonly<Record<string, Words>>,
  whenEmpty: Words,
): LogSection {
  const { source, question, names } = desk
  return section<Entry>({
    id,
    title,
    columns: [
      time('at', '时间', 'Time', ({ at }) => at),
      text('what', '事项', 'What', ({ kind }) => kinds[kind] ?? both(kind), 16),
      text('by', '何人', 'By', ({ by }) => names.person(by)),
      text('about', '对象', 'About', ({ about }) => about ?? null, 16),
      text('details', '内容', 'Details', ({ data }) => detailsOf(data, names), 44),
      time('written', '写入时间', 'Written', ({ writtenAt }) => writtenAt),
      count('seq', '序号', 'No.', ({ seq }) => seq),
    ],
    *rows() {
      for (const entry of source.past.entries(Object.keys(kinds), question.from, question.to)) {
        const { at, seq, kind } = entry
        const gone = goneOf(entry)
        const isBad = refusals.has(kind) || kind === 'clock.set' || kind.endsWith('failed') || kind === 'outside.dropped'
        yield gone ? { gone: at, entries: [seq], remark: gone } : { of: entry, entries: [seq], ...(isBad ? { tone: 'bad' } : {}) }
      }
    },
    whenEmpty,
    notes: [
      say(
        '“时间”是现场时钟；“写入时间”是真实时间，不随演示或改时钟变化。',
        "Time is by the site's clock; written is real time, whatever that clock was set to.",
      ),
    ],
  })
}

/** 限值与配置变更: old value, new value, and where the new one comes from. */
function changesSection(desk: Desk): LogSection {
  const { names } = desk
  return section<Change>({
    id: 'changes',
    title: say('限值、规程与配置变更', 'Limits, policies and configuration'),
    columns: [
      time('at', '生效时间', 'In force from', ({ at }) => at),
      text('subject', '设备与测点', 'Equipment and point', ({ subject }) => subject, 24),
      text('what', '项目', 'What', ({ what }) => what, 18),
      text('old', '原值', 'Old', ({ old }) => old, 12),
      text('now', '新值', 'New', ({ now }) => now, 12),
      text('unit', '单位', 'Unit', ({ unit }) => (unit === '' ? null : unit), 6),
      text('basis', '新值依据', 'Basis of the new', ({ basis }) => basis, 32),
      text('by', '何人', 'By', ({ by }) => names.person(by), 10),
    ],
    *rows() {
      for (const change of changesOf(desk)) yield { of: change, entries: change.entries }
    },
    whenEmpty: say('本期限值、规程和配置没有变化', 'Limits, policies and configuration did not change'),
    notes: [
      say(
        '现场文件由管理员在主机上改，网关启动时写下与上次的差别。',
        'The site file is changed by an administrator on the machine; the gateway writes down at its start what is different.',
      ),
    ],
  })
}

type Acts = Readonly<Record<string, number>> & { readonly by: string }

/** 各人操作汇总 */
function peopleSection({ source, question, names }: Desk): LogSection {
  const columns: readonly Column<Acts>[] = [
    text('by', '人员', 'Person', ({ by }) => names.person(by), 20),
    ...actColumns.map(([key, { zh, en }]) => count<Acts>(key, zh, en, acts => acts[key] ?? 0)),
  ]
  return section<Acts>({
    id: 'people',
    title: say('各人操作汇总', 'Who did what, counted'),
    columns,
    *rows() {
      const people = new Map<string, Record<string, number>>()
      for (const { by, kind } of source.past.entries([...columnOf.keys()], question.from, question.to)) {
        if (by === 'system') continue
        const acts = people.get(by) ?? {}
        const column = columnOf.get(kind) ?? ''
        acts[column] = (acts[column] ?? 0) + 1
        people.set(by, acts)
      }
      for (const by of [...people.keys()].toSorted()) yield { of: { ...people.get(by), by } as unknown as Acts }
    },
    whenEmpty: say('本期没有人操作', 'Nobody did anything'),
  })
}
