import type { Message } from '../channel.ts'

/** How a text is counted by those who limit it. */
export type Measure = (text: string) => number
export const bytes: Measure = text => Buffer.byteLength(text)
export const characters: Measure = text => [...text].length
/** As it counts inside a JSON body. */
export const jsonBytes: Measure = text => Buffer.byteLength(JSON.stringify(text)) - 2

const borders = new Intl.Segmenter('zh', { granularity: 'grapheme' })

// oxlint-disable-next-line no-control-regex -- these are the ones to take out
const unwanted = /[\u0000-\u0008\u000B-\u001F\u007F\uFFFE\uFFFF]/g

/**
 * Plain text as every other side takes it: no half characters, no control characters but line ends and tabs. U+FFFE and U+FFFF are in
 * no alphabet, and XML does not allow them.
 */
export const clean = (text: string): string => text.toWellFormed().replaceAll(/\r\n?/g, '\n').replaceAll(unwanted, '')

/** On one line: a subject, a heading. */
export const oneLine = (text: string): string => clean(text).replaceAll(/\s+/g, ' ').trim()

/** The longest beginning that may stay, cut between two characters as a reader sees them and ended by `…`. */
export function clip(text: string, fits: (text: string) => boolean): string {
  if (fits(text)) return text
  const cuts = [...borders.segment(text)].map(({ index }) => index)
  const cutAt = (index: number): string => `${text.slice(0, index).trimEnd()}…`
  let [good, bad] = [0, cuts.length]
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (fits(cutAt(cuts[middle] ?? 0))) good = middle
    else bad = middle
  }
  return cutAt(cuts[good] ?? 0)
}

/** What there is to say below the title: a first line that the title ends with is not said twice. */
export function bodyOf(message: Pick<Message, 'title' | 'text'>): string {
  const text = clean(message.text).trim()
  const end = text.indexOf('\n')
  const first = oneLine(end === -1 ? text : text.slice(0, end))
  if (first === '' || !oneLine(message.title).endsWith(first)) return text
  return end === -1 ? '' : text.slice(end).trim()
}

export interface Room {
  /** The most the whole text may measure. */
  readonly most: number
  readonly measure: Measure
  /** Before everything: a robot's keyword. */
  readonly lead?: string
  /** After everything: whom a robot calls. */
  readonly tail?: string
  /** The other side cannot tell a repetition by the key, so the reader is told that it may be one. */
  readonly tellsRepetition?: boolean
}

/**
 * A message as one text: the title, what there is to say, and the link to answer by. What is too long loses the end of its body, never
 * the link nor whom it calls; the title is shortened only where there is no room for anything else.
 */
export function asText(message: Message, { most, measure, lead = '', tail = '', tellsRepetition = false }: Room): string {
  const warning = tellsRepetition && message.mayRepeat ? repetition[message.language] : ''
  const title = oneLine(message.title)
  const text = bodyOf(message)
  const body = text === '' || title === '' ? text : `\n${text}`
  const link = message.link === undefined ? '' : `\n${answer[message.language]}${message.link}`
  const whole = (heading: string, rest: string): string => `${lead}${warning}${heading}${rest}${link}${tail}`
  const fits = (all: string): boolean => measure(all) <= most
  if (fits(whole(title, body))) return whole(title, body)
  // No measure counts a UTF-16 unit as less than half: what is far beyond the limit need not be looked at.
  const near = body.slice(0, most * 2 + 2)
  const shortened = clip(near, rest => fits(whole(title, rest)) && rest.length < body.length)
  if (fits(whole(title, shortened))) return whole(title, shortened)
  // Whoever reads it must see that something is missing, also where the title alone would just fit.
  const isShort = (heading: string): boolean => body === '' || heading !== title
  return whole(
    clip(title.slice(0, most * 2 + 2), heading => isShort(heading) && fits(whole(heading, ''))),
    '',
  )
}
const repetition = { zh: '（可能重复）', en: '(may be a repetition) ' } as const
const answer = { zh: '处理：', en: 'Answer: ' } as const

/**
 * What the other side said, as a proof or a reason: one short line in which no secret of ours stands, should it have been sent back to us.
 */
export function excerpt(text: string, secrets: readonly string[] = [], most = 200): string {
  let shown = clean(text)
  const known = secrets.filter(secret => secret.length >= 4).flatMap(secret => [secret, encodeURIComponent(secret)])
  for (const secret of known.toSorted((a, b) => b.length - a.length)) shown = shown.replaceAll(secret, '***')
  const line = shown.replaceAll(/\s+/g, ' ').trim()
  return clip(line, part => part.length <= most)
}
