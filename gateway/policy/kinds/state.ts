import type { Words } from '../../../protocols/contract/driver.ts'
import { between } from '../../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import { ruleKind } from '../kind.ts'
import { SpecReader } from '../spec.ts'
import { lengthInWords } from './length.ts'
import { hearPhase, isUnknown, normal, telling, wakePhase } from './limit-phases.ts'
import type { Delays, Phase } from './limit-phases.ts'

export interface StateSpec extends Delays {
  readonly is: readonly number[]
}

/**
 * In one of some codes without leaving for so long: a door open, a selector off automatic, a battery discharging. The time begins at the
 * first reading in one of the codes and goes on from one of them to another; all else is as with a limit (contract §5).
 */
export const state = ruleKind<StateSpec, Phase>({
  kind: 'state',
  parse(raw, place) {
    const from = new SpecReader(raw, place)
    const none = 0 as Millis
    return from.finish({ is: readCodes(from), onDelay: from.duration('for', none), offDelay: from.duration('offDelay', none) })
  },
  begin: () => ({ state: normal, wakeAt: undefined }),
  hear(spec, phase, value, at) {
    const step = hearPhase(spec, phase, spec.is.includes(value) ? 'met' : 'returned', at)
    return step && telling(step, value, (since, raisedAt) => because(spec, value, since, raisedAt))
  },
  wake(spec, phase, at, { value: point }) {
    if (!point) return undefined
    const { value } = point
    const step = wakePhase(phase, at, !isUnknown(point, at))
    return step && telling(step, value, (since, raisedAt) => because(spec, value, since, raisedAt))
  },
})

function because({ is }: StateSpec, value: number | undefined, since: Instant, at: Instant): Words {
  const code = value ?? is[0]
  if (at === since) return { zh: `变成了 ${code}`, en: `it has become ${code}` }
  const long = lengthInWords(between(since, at))
  return { zh: `已经连续 ${long.zh}是 ${code}`, en: `it has been ${code} for ${long.en}` }
}

function readCodes(from: SpecReader): readonly number[] {
  const raw = from.raw('is')
  const codes: readonly unknown[] = Array.isArray(raw) ? raw : [raw]
  const isNumber = (code: unknown): code is number => typeof code === 'number' && Number.isFinite(code)
  if (codes.length > 0 && codes.every(isNumber)) return codes
  from.wrong(
    ['is'],
    raw === undefined
      ? { zh: '缺少“is”', en: '"is" is missing' }
      : { zh: `“is”的值 ${JSON.stringify(raw)} 不对`, en: `"is" cannot be ${JSON.stringify(raw)}` },
    { zh: '写一个代码，例如 1，或几个代码，例如 [1, 2]', en: 'write a code such as 1, or several such as [1, 2]' },
  )
  return []
}
