import type { Words } from '../../../protocols/contract/driver.ts'
import type { Instant } from '../../../protocols/contract/time.ts'
import type { Past } from '../../store/past.ts'
import { say } from './cells.ts'

/** Why nothing can be said of a time; `undefined` where the gateway watched at least a part of it. */
export function unwatched({ span, stops }: Pick<Past, 'span' | 'stops'>, from: Instant, to: Instant): Words | undefined {
  if (!span || to <= span.from) return say('尚未开始监测', 'not watched yet')
  return stops.some(stop => stop.from <= from && stop.to >= to) ? say('网关停机', 'the gateway was not running') : undefined
}
