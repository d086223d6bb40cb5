import type { Words } from '../../protocols/contract/driver.ts'
import type { Came, Inlet, Named, Sent } from '../../protocols/contract/inlet.ts'
import type { Reading } from '../../protocols/contract/reading.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { stretch } from './line-protocol.ts'
import type { LineError, ParsedLines } from './line-protocol.ts'
import type { WrongPart } from './problem.ts'

/** One pushed value before it is looked at, and where in the request it stood. */
export interface Claim {
  readonly path: string
  readonly sent: Sent
}
/** What has to be known of the site beside its inlets, for words to those who meant something else. */
export interface Known {
  /** The protocol that a point is bound to; `undefined` for a point that does not exist. */
  protocolOf(point: string): string | undefined
}

/** What is in a request, for each inlet and altogether. */
export interface Judged {
  readonly readings: readonly Reading[]
  readonly wrong: readonly WrongPart[]
  /** How many of what is wrong are so because of who sends it. */
  readonly notAdmitted: number
  /** What to note where, once the readings are on disk. */
  readonly came: ReadonlyMap<Inlet, Omit<Came, 'sender' | 'unreadable'>>
}

/**
 * Asks the inlets what each value means. What is none of theirs is of no use to anybody and told so, unless one of them says that its senders
 * may send more than it wants.
 */
export function judgeClaims(
  claims: readonly Claim[],
  inlets: readonly Inlet[],
  known: Known,
  { sender, now }: { readonly sender: string; readonly now: Instant },
): Judged {
  const came = new Map(inlets.map(inlet => [inlet, { taken: [], refused: [], strangers: [] } as Mutable]))
  const own = inlets.filter(inlet => inlet.admits(sender))
  const isForgiving = own.some(({ unknown }) => unknown === 'ignore')
  const readings: Reading[] = []
  const wrong: WrongPart[] = []
  let notAdmitted = 0
  for (const { path, sent } of claims) {
    const judged = firstToTake(inlets, sent, sender, now)
    if (own.length === 0) {
      notAdmitted += 1
      wrong.push({ path, wrong: nobodys(sender) })
      for (const { refused } of came.values()) refused.push({ sent, why: 'not-admitted' })
    } else if (!judged) {
      for (const inlet of own) came.get(inlet)?.strangers.push(sent)
      if (!isForgiving) wrong.push({ path, wrong: unknownWords(sent.named, known) })
    } else if (judged.taken.ok) {
      readings.push(judged.taken.reading)
      came.get(judged.inlet)?.taken.push({ sent, reading: judged.taken.reading })
    } else {
      const { why, wrong: words } = judged.taken
      if (why === 'not-admitted') notAdmitted += 1
      wrong.push({ path, wrong: words })
      came.get(judged.inlet)?.refused.push({ sent, why })
    }
  }
  return { readings, wrong, notAdmitted, came }
}

/** The same of many values, with a rest now and then so that others have their turn. */
export async function judgeInTurns(
  claims: readonly Claim[],
  inlets: readonly Inlet[],
  known: Known,
  who: { readonly sender: string; readonly now: Instant },
  rest: () => Promise<void>,
): Promise<Judged> {
  if (claims.length <= stretch) return judgeClaims(claims, inlets, known, who)
  const parts: Judged[] = []
  for (let from = 0; from < claims.length; from += stretch) {
    parts.push(judgeClaims(claims.slice(from, from + stretch), inlets, known, who))
    await rest()
  }
  const cameTo = (inlet: Inlet) => parts.flatMap(({ came }) => came.get(inlet) ?? [])
  return {
    readings: parts.flatMap(({ readings }) => readings),
    wrong: parts.flatMap(({ wrong }) => wrong),
    notAdmitted: parts.reduce((all, { notAdmitted }) => all + notAdmitted, 0),
    came: new Map(
      inlets.map(inlet => [
        inlet,
        {
          taken: cameTo(inlet).flatMap(({ taken }) => taken),
          refused: cameTo(inlet).flatMap(({ refused }) => refused),
          strangers: cameTo(inlet).flatMap(({ strangers }) => strangers),
        },
      ]),
    ),
  }
}

interface Mutable {
  readonly taken: Came['taken'][number][]
  readonly refused: Came['refused'][number][]
  readonly strangers: Sent[]
}

function firstToTake(inlets: readonly Inlet[], sent: Sent, sender: string, now: Instant) {
  for (const inlet of inlets) {
    const taken = inlet.take(sent, sender, now)
    if (taken) return { inlet, taken }
  }
  return undefined
}

/** The values of lines that could be read, and words for those that could not. */
export function claimsOf({ lines, errors }: Pick<ParsedLines, 'lines' | 'errors'>): {
  readonly claims: readonly Claim[]
  readonly wrong: readonly WrongPart[]
} {
  const claims = lines.flatMap(({ number, measurement, tags, fields, at }) =>
    [...fields].map(([field, value]): Claim => {
      const sent = { named: { by: 'series', measurement, tags, field }, value } as const
      return { path: `line ${number}`, sent: at === undefined ? sent : { ...sent, at: at as Instant } }
    }),
  )
  return { claims, wrong: errors.map(({ number, why }) => ({ path: `line ${number}`, wrong: lineWords[why] })) }
}

const nobodys = (sender: string): Words => ({
  zh: `没有连接接受 ${clip(sender)} 的推送`,
  en: `no connection takes what ${clip(sender)} sends`,
})

function unknownWords(named: Named, known: Known): Words {
  const ids = idsIn(named)
  const shown = clip(named.by === 'point' ? named.point : `${named.measurement} ${named.field}`)
  for (const id of ids) {
    const protocol = known.protocolOf(id)
    if (protocol === undefined) continue
    return {
      zh: `${clip(id)} 由 ${protocol} 读取，不接受推送`,
      en: `${clip(id)} is read by ${protocol}; only points bound to http take pushed readings`,
    }
  }
  return named.by === 'point'
    ? { zh: `没有测点 ${shown}`, en: `there is no point ${shown}` }
    : { zh: `没有测点对应 ${shown}`, en: `no point is bound to ${shown}` }
}

const idsIn = (named: Named): readonly string[] =>
  named.by === 'point'
    ? [named.point]
    : [
        named.tags.get('point') ?? '',
        `${named.tags.get('equipment') ?? named.measurement}.${named.field}`,
        ...(named.field === 'value' ? [named.measurement] : []),
      ]

const clip = (text: string): string => text.slice(0, 80)

const lineWords: Readonly<Record<LineError, Words>> = {
  'no-fields': { zh: '没有字段', en: 'no fields' },
  'bad-field': { zh: '字段无法读取', en: 'a field cannot be read' },
  'bad-time': { zh: '时间戳无法读取', en: 'the timestamp cannot be read' },
  'bad-tag': { zh: '标签无法读取', en: 'a tag cannot be read' },
  'no-measurement': { zh: '没有 measurement', en: 'no measurement' },
  'no-end': { zh: '文字的引号没有结束', en: 'a text has no closing quote' },
}
