import type { Words } from '../../protocols/contract/driver.ts'
import type { Person } from '../duty/duty.ts'
import { priorities } from '../policy/rule.ts'
import type { Message } from './channel.ts'
import type { Notice } from './notice.ts'
import { say } from './wording.ts'

export interface MessageParts {
  readonly site: { readonly id: string; readonly name: Words }
  readonly link: (notice: Notice) => string | undefined
}

/** What was tried before and may have arrived: only a message that has never been on its way is surely new. */
const mayRepeat = ({ attempts, tried }: Notice): boolean => attempts > 1 || (tried ?? []).length > 0

/**
 * The message as a person reads it, from one notice, or from several that had to wait for one another: then it has the key of the first
 * and says all of them. `recorded: false` while the journal cannot be written.
 */
export function messageOf(
  notices: readonly [Notice, ...Notice[]],
  person: Person,
  recorded: boolean,
  parts: MessageParts,
): Message {
  const [first] = notices
  const { language } = person
  const priority = priorities.findLast(one => notices.some(notice => notice.priority === one)) ?? first.priority
  const { title, text } = notices.length === 1 ? first : together(notices)
  const unrecorded = recorded ? '' : `\n${notRecorded[language]}`
  const link = notices.length === 1 ? parts.link(first) : undefined
  return {
    key: keyOf(parts.site.id, first),
    occasion: notices.length === 1 ? first.occasion : 'digest',
    priority,
    title: title[language],
    text: `${text[language]}${unrecorded}\n`,
    language,
    facts: {
      site: parts.site.id,
      notices: notices.map(({ id }) => id),
      alarms: [...new Set(notices.flatMap(({ alarms }) => alarms))],
      occasion: first.occasion,
      level: first.level,
      at: first.at,
      recorded,
      ...(notices.length === 1 ? first.facts : {}),
    },
    mayRepeat: notices.some(mayRepeat),
    ...(link === undefined ? {} : { link }),
  }
}

/** The same for every attempt of a notice, and another for every notice of every data directory. */
export const keyOf = (site: string, { id, at }: Notice): string => `${site}-${id}-${at.toString(36)}`

const notRecorded: Words = {
  zh: '（磁盘暂时无法写入，这条尚未存入日志。）',
  en: '(The disk cannot be written now; this is not in the journal yet.)',
}

function together(notices: readonly Notice[]): { readonly title: Words; readonly text: Words } {
  const count = notices.length
  return {
    title: say(`${count} 条通知`, `${count} notices`),
    text: say(
      notices.map(({ title, text }) => `■ ${title.zh}\n${text.zh}`).join('\n\n'),
      notices.map(({ title, text }) => `■ ${title.en}\n${text.en}`).join('\n\n'),
    ),
  }
}
