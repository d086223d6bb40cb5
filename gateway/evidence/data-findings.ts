import { canonical } from '../journal/canonical.ts'
import { leafOf } from '../journal/leaf.ts'
import type { RawEntry } from '../store/past-evidence.ts'
import type { SignedHead } from './signed.ts'
import { Wrong } from './verdict.ts'
import type { FaultKind } from './verdict.ts'

export const told = (at: number): string => new Date(at).toISOString()
export const wrong = (kind: FaultKind, place: string, zh: string, en: string): Wrong => new Wrong(kind, place, { zh, en })

/** The leaf that this content would have at a place; `undefined` where its data are no longer what the journal writes. */
export function leafAs({ at, writtenAt, kind, by, about, data }: RawEntry, seq: number): string | undefined {
  try {
    const parsed: unknown = JSON.parse(data)
    if (canonical(parsed) !== data) return undefined
    return leafOf({ seq, at, writtenAt, kind, by, ...(about === undefined ? {} : { about }), data: parsed } as Parameters<
      typeof leafOf
    >[0])
  } catch {
    return undefined
  }
}

const farthest = 64

/** What happened to an entry that is not what its leaf says: the leaf knows the place where it was written. */
export function diagnosed(entry: RawEntry, following: RawEntry | undefined): Wrong {
  const moved = (one: RawEntry | undefined): number | undefined => {
    for (let by = 1; by <= farthest; by++)
      for (const shift of [by, -by]) if (one && leafAs(one, one.seq + shift) === one.leaf) return shift
    return undefined
  }
  const place = `entry ${entry.seq}`
  const shift = moved(entry)
  if (shift === undefined)
    return wrong(
      'altered',
      place,
      `日志第 ${entry.seq} 条（${entry.kind}）被改过`,
      `entry ${entry.seq} of the journal (${entry.kind}) was altered`,
    )
  if (shift === 1 && moved(following) === -1)
    return wrong(
      'swapped',
      place,
      `日志第 ${entry.seq} 条与第 ${entry.seq + 1} 条被对调`,
      `entries ${entry.seq} and ${entry.seq + 1} of the journal were swapped`,
    )
  if (shift > 0)
    return wrong(
      'missing',
      place,
      `日志第 ${entry.seq} 条起缺 ${shift} 条，后面的被重新编号`,
      `from entry ${entry.seq} of the journal on ${shift} are missing, and the rest was numbered anew`,
    )
  const first = entry.seq + shift
  return wrong(
    'inserted',
    `entry ${first}`,
    `日志第 ${first} 条是后加的（共 ${-shift} 条）`,
    `entry ${first} of the journal was inserted (${-shift} of them)`,
  )
}

export const cutOff = (size: number, head: SignedHead): Wrong =>
  wrong(
    'truncated',
    `entry ${size + 1}`,
    `日志末尾被截断：只有 ${size} 条，而 ${told(head.at)} 签名时已有 ${head.size} 条`,
    `the end of the journal was cut off: there are ${size} entries, and ${head.size} were signed at ${told(head.at)}`,
  )

export function readingsWrong(kind: FaultKind, point: string, period: number, first: number, last: number, missing = 0): Wrong {
  const [zh, en] =
    kind === 'missing'
      ? [`缺少 ${missing} 个`, `${missing} are missing`]
      : kind === 'inserted'
        ? ['有后加的', 'some were inserted']
        : ['有被改过的', 'some were altered']
  return wrong(
    kind,
    `readings of ${point}, period ${period}`,
    `测点 ${point} 在 ${told(first)} 至 ${told(last)} 的读数（第 ${period} 段）${zh}`,
    `of the readings of ${point} from ${told(first)} to ${told(last)} (period ${period}) ${en}`,
  )
}
