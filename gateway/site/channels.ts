import type { PreparedChannel } from '../notify/channel.ts'
import type { Parts } from './parts.ts'
import type { Report } from './report.ts'

/** The channels of the site file, in its order. */
export function readChannels(_report: Report, _parts: Parts): readonly PreparedChannel[] {
  return []
}
