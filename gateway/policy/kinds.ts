import type { AnyRuleKind } from './kind.ts'
import { balance } from './kinds/balance.ts'
import { cycle } from './kinds/cycle.ts'
import { dose } from './kinds/dose.ts'
import { due } from './kinds/due.ts'
import { limit } from './kinds/limit.ts'
import { expr } from './kinds/expr.ts'
import { forecast } from './kinds/forecast.ts'
import { register } from './kinds/register.ts'
import { mean } from './kinds/mean.ts'
import { rate } from './kinds/rate.ts'
import { schedule } from './kinds/schedule.ts'
import { state } from './kinds/state.ts'
import { stuck } from './kinds/stuck.ts'
import { vote } from './kinds/vote.ts'
import { stale } from './kinds/stale.ts'

/** Every kind of rule there is, one line each. */
export const ruleKinds: ReadonlyMap<string, AnyRuleKind> = new Map(
  [limit, stale, vote, stuck, state, schedule, due, balance, cycle, dose, rate, mean, expr, forecast, register].map(kind => [
    kind.kind,
    kind,
  ]),
)
