import type { PointId } from '../../protocols/contract/reading.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import type { Rule } from '../policy/rule.ts'
import type { Configurations } from '../site/configuration.ts'
import type { Equipment, Site } from '../site/site.ts'
import type { Past } from '../store/past.ts'
import type { LogQuestion } from './question.ts'

/** What of a site a log speaks of: plain data without secrets, so that it can be kept and handed to a thread. */
export type PaperSite = Omit<Site, 'connections' | 'channels' | 'book' | 'rules' | 'keeping'> & {
  readonly rules: readonly PaperRule[]
}

/** A rule without what runs it. */
export type PaperRule = Omit<Rule, 'spec'>

export function paperSiteOf({ connections: _c, channels: _h, book: _b, keeping: _k, rules, ...site }: Site): PaperSite {
  return { ...site, rules: rules.map(({ spec: _spec, ...rule }) => rule) }
}

/** What every log is made from: the site as it stands, and the past as it was stored. Reads as it goes; blocks, so it lives in a thread of its own. */
export interface LogSource {
  readonly site: PaperSite
  readonly past: Past
  /** What was configured when: limits, policies, sensors as they were valid. */
  readonly configurations: Configurations
  /** Now, on the domain clock: what lies after it is not a gap. */
  readonly now: Instant
}

/** The equipment a question speaks of, in the order of the site file. */
export function equipmentOf({ site }: LogSource, { equipment, areas }: LogQuestion): readonly Equipment[] {
  if (equipment.length === 0 && areas.length === 0) return site.equipment
  return site.equipment.filter(({ id, area }) => equipment.includes(id) || areas.includes(area))
}

/** The end of what can be known: the period's, or now. */
export const endOf = ({ now }: LogSource, { to }: LogQuestion): Instant => (to < now ? to : now)

export const pointOf = ({ site }: LogSource, id: PointId) => site.points.find(point => point.id === id)
