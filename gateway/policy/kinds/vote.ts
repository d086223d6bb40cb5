import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant, Millis } from '../../../protocols/contract/time.ts'
import { ruleKind } from '../kind.ts'
import type { Inputs } from '../kind.ts'
import { SpecReader } from '../spec.ts'
import { findingOf, inWords, isUpper, readBound } from './limit-bound.ts'
import type { Bound } from './limit-bound.ts'
import { dueOf, hearPhase, isUnknown, normal, telling, wakePhase } from './limit-phases.ts'
import type { Delays, Finding, Phase } from './limit-phases.ts'

export interface VoteSpec extends Bound, Delays {
  /** So many members must be beyond the limit. */
  readonly of: number
}

/** How the members stand at an instant; a silent, bad or never heard one does not vote, and does not make fewer needed. */
interface Count {
  readonly members: number
  readonly met: number
  readonly between: number
  readonly returned: number
}

/**
 * So many of several points beyond a limit at once: one thermometer in the sun is no alarm, two are. Delays and deadband as with a limit
 * (contract §5). While the members that cannot vote could turn the result, it is unknown, and neither begins nor ends anything.
 */
export const vote = ruleKind<VoteSpec, Phase>({
  kind: 'vote',
  parse(raw, place) {
    const from = new SpecReader(raw, place)
    const none = 0 as Millis
    return from.finish({
      of: readNeeded(from),
      ...readBound(from),
      onDelay: from.duration('onDelay', none),
      offDelay: from.duration('offDelay', none),
    })
  },
  inputs: () => [{ name: 'members', need: 'many' }],
  begin: () => ({ state: normal, wakeAt: undefined }),
  // Members are often read at one instant, each heard by itself: what changes is judged when all of that instant have been heard.
  hear(spec, phase, _value, at, inputs) {
    const changes = hearPhase(spec, phase, findingOfAll(spec, phase, count(spec, inputs, at)), at) !== undefined
    return changes ? { state: phase, wakeAt: at } : undefined
  },
  wake(spec, phase, at, inputs) {
    const standing = count(spec, inputs, at)
    const finding = findingOfAll(spec, phase, standing)
    const due = dueOf(spec, phase)
    const isDue = due !== undefined && due <= at
    const step = hearPhase(spec, phase, finding, at) ?? (isDue ? wakePhase(phase, at, finding === 'returned') : undefined)
    if (!step) return { state: phase, wakeAt: isDue ? undefined : due }
    return telling(step, agreed(spec, inputs, at), () => because(spec, standing))
  },
})

function count(spec: VoteSpec, inputs: Inputs, at: Instant): Count {
  const votes = { members: 0, met: 0, between: 0, returned: 0 }
  for (const name in inputs) {
    const member = inputs[name]
    if (!member) continue
    votes.members += 1
    const { value } = member
    if (value !== undefined && !isUnknown(member, at)) votes[findingOf(spec, value)] += 1
  }
  return votes
}

/** What is sure whatever the members that do not vote would say. */
function findingOfAll({ of }: VoteSpec, { phase }: Phase, { members, met, between, returned }: Count): Finding {
  if (met >= of) return 'met'
  if (members - returned < of) return 'returned'
  // Before the alarm the deadband plays no part; once returning, members that are not back far enough end the return.
  if (phase === 'returning') return met + between >= of ? 'between' : 'unknown'
  return members - returned - between < of ? 'between' : 'unknown'
}

/** The value beyond which as many members are as are needed: the worst but `of` − 1. */
function agreed({ of, op }: VoteSpec, inputs: Inputs, at: Instant): number | undefined {
  const values = Object.values(inputs).flatMap(member =>
    member.value === undefined || isUnknown(member, at) ? [] : [member.value],
  )
  return values.sort((a, b) => (isUpper(op) ? b - a : a - b))[of - 1]
}

function because(spec: VoteSpec, { members, met }: Count): Words {
  const bound = inWords(spec)
  return {
    zh: `${members} 个测点里有 ${met} 个${bound.zh}，满 ${spec.of} 个就报`,
    en: `${met} of ${members} points are ${bound.en}, and ${spec.of} are enough`,
  }
}

function readNeeded(from: SpecReader): number {
  const needed = from.number('of')
  if (!Number.isNaN(needed) && (!Number.isInteger(needed) || needed < 1))
    from.wrong(
      ['of'],
      { zh: `“of”的值 ${needed} 不对`, en: `"of" cannot be ${needed}` },
      { zh: '写要有几个测点超限才报，例如 2', en: 'write how many points must be beyond the limit, such as 2' },
    )
  return needed
}
