import type { AnyRuleKind } from './kind.ts'
import { limit } from './kinds/limit.ts'
import { stale } from './kinds/stale.ts'

/** Every kind of rule there is, one line each. */
export const ruleKinds: ReadonlyMap<string, AnyRuleKind> = new Map([limit, stale].map(kind => [kind.kind, kind]))
