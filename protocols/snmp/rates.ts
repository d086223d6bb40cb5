import type { PointId } from '../contract/reading.ts'
import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Answer } from '../kit/answer.ts'
import { failed } from '../kit/answer.ts'
import { toValue } from '../kit/number.ts'
import { isMissing } from './decode.ts'
import type { Varbind } from './message.ts'
import type { SnmpPoint } from './points.ts'

interface Seen {
  readonly count: bigint
  readonly bits: 32 | 64
  /** Hundredths of a second on the agent's clock. */
  readonly ticks: number
}

/**
 * How fast counters grow, by the agent's own clock. A counter that has begun again at zero behind its widest number has grown on; when
 * the agent itself has begun anew, there is nothing to compare with.
 */
export class Rates {
  readonly #seen = new Map<PointId, Seen>()

  forget(): void {
    this.#seen.clear()
  }

  /** For each second, or nothing: the first time, after the agent's restart, and where its clock stood still. */
  next(point: SnmpPoint, counter: Varbind, upTime: Varbind | undefined): Answer<number> | undefined {
    const now = seenNow(counter, upTime)
    if ('code' in now) return failed(now)
    const before = this.#seen.get(point.point)
    if (before && before.ticks === now.ticks) return undefined
    this.#seen.set(point.point, now)
    if (!before || before.bits !== now.bits || now.ticks < before.ticks) return undefined
    const grown = BigInt.asUintN(now.bits, now.count - before.count)
    // Half of 64 bits in one interval is no growth: the counter was set back.
    if (now.bits === 64 && grown >= 1n << 63n) return undefined
    return toValue((Number(grown) * 100) / (now.ticks - before.ticks), point)
  }
}

function seenNow({ oid, value }: Varbind, upTime: Varbind | undefined): Seen | Fault {
  if (isMissing(value)) return fault('no-such-address', `The agent has no ${oid}.`)
  if (upTime?.value.type !== 'ticks')
    return fault('no-such-address', 'The agent does not tell its sysUpTime: a rate cannot be had.')
  const { number: ticks } = upTime.value
  if (value.type === 'counter64') return { count: value.count, bits: 64, ticks }
  if (value.type === 'counter32') return { count: BigInt(value.number), bits: 32, ticks }
  return fault('not-a-number', `${oid} is no counter: it has no rate.`)
}
