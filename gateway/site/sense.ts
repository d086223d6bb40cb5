import { ruleKinds } from '../policy/kinds.ts'
import type { LimitSpec } from '../policy/kinds/limit.ts'
import { priorities } from '../policy/rule.ts'
import { isUpper, limitOf } from './overlays.ts'
import type { Laid } from './rules.ts'
import type { Installed, Wired } from './equipment.ts'
import type { Span } from './library.ts'
import { below } from './reader.ts'
import type { Item, Report } from './report.ts'

type WithLimit = Laid & { readonly limit: LimitSpec }

/** What is allowed singly but makes no sense together: limits crossing, rules that can never fire or never clear, points nobody watches. */
export function checkRules(report: Report, installed: readonly Installed[], laid: readonly Laid[]): void {
  for (const one of laid) checkSettings(report, one)
  const watched = new Set(laid.flatMap(one => one.rule?.watches ?? []))
  const laidAt = Map.groupBy(laid, one => one.wired)
  for (const entry of installed) {
    for (const wired of entry.points) {
      const here = laidAt.get(wired) ?? []
      const limits = here.flatMap(one => {
        const limit = one.rule?.kind === 'limit' ? limitOf(one.rule.spec) : undefined
        return limit ? [{ ...one, limit }] : []
      })
      for (const one of limits) checkReach(report, wired, one, limits)
      checkSides(report, wired, limits)
      checkLevels(report, wired, limits)
      if (wired.type.watched && !watched.has(wired.point.id) && here.every(one => one.missing !== undefined)) {
        report.warn(wired.item, {
          code: 'point-unwatched',
          on: 'key',
          wrong: { zh: `没有规则看管 ${wired.point.id}`, en: `no rule watches ${wired.point.id}` },
          write: {
            zh: '把管它的制度写进 `policies`，或不接这个点',
            en: 'name a policy that watches it in `policies`, or do not wire it',
          },
        })
      }
    }
  }
}

/** Settings that by themselves can never fire, or always do: the rule's kind knows. */
function checkSettings(report: Report, { rule, overlay, entry }: Laid) {
  const kind = rule && ruleKinds.get(rule.kind)
  for (const { path, wrong, write } of kind?.sense?.(rule?.spec) ?? []) {
    const place = overlay && (below(overlay, path[0] ?? '') ?? overlay)
    if (place && report.has(place)) continue
    report.error(place ?? entry.item, { code: 'rule-senseless', on: place ? 'value' : 'key', wrong, write })
  }
}

/** A rule of a higher priority that fires before the milder one: the two levels have changed places. */
function checkLevels(report: Report, wired: Wired, limits: readonly WithLimit[]) {
  for (const upper of [true, false]) {
    const side = limits.filter(one => isUpper(one.limit) === upper)
    for (const severe of side) {
      for (const mild of side) {
        if (rank(severe) <= rank(mild) || severe.limit.onDelay > mild.limit.onDelay) continue
        const crossed = upper ? severe.limit.value < mild.limit.value : severe.limit.value > mild.limit.value
        const changed = severe.overlay ? severe : mild
        const place = at(wired, changed, 'value')
        if (!crossed || !changed.overlay || report.has(place)) continue
        report.error(place, {
          code: 'levels-crossed',
          wrong: {
            zh: `“${severe.shipped.title.zh}”（${severe.limit.value}）会先于较轻的“${mild.shipped.title.zh}”（${mild.limit.value}）报警`,
            en: `"${severe.shipped.title.en}" (${severe.limit.value}) would fire before the milder "${mild.shipped.title.en}" (${mild.limit.value})`,
          },
          write: { zh: '把较重的一级写得更远', en: 'write the more severe level further out' },
        })
      }
    }
  }
}

const rank = (one: WithLimit): number => priorities.indexOf(one.rule?.priority ?? 'advisory')

/** The values such a point can have. */
function reachOf({ point, binding }: Wired): Span | undefined {
  const codes = [...point.labels.keys()]
  return codes.length > 0 ? { min: Math.min(...codes), max: Math.max(...codes) } : binding.plausible
}

function checkReach(report: Report, wired: Wired, one: WithLimit, others: readonly WithLimit[]) {
  const { limit } = one
  const reach = reachOf(wired)
  if (reach) {
    const never = {
      gt: limit.value >= reach.max,
      ge: limit.value > reach.max,
      lt: limit.value <= reach.min,
      le: limit.value < reach.min,
    }[limit.op]
    const always = {
      gt: limit.value < reach.min,
      ge: limit.value <= reach.min,
      lt: limit.value > reach.max,
      le: limit.value >= reach.max,
    }[limit.op]
    const said = {
      zh: `这个点只会在 ${reach.min} 到 ${reach.max} 之间`,
      en: `this point only ever reads ${reach.min} to ${reach.max}`,
    }
    const write = { zh: `写 ${reach.min} 和 ${reach.max} 之间的值`, en: `write a value between ${reach.min} and ${reach.max}` }
    if (never)
      return report.error(at(wired, one, 'value'), {
        code: 'rule-never-fires',
        wrong: { zh: `规则永远不会触发：${said.zh}`, en: `the rule can never fire: ${said.en}` },
        write,
      })
    if (always)
      return report.error(at(wired, one, 'value'), {
        code: 'rule-always-fires',
        wrong: { zh: `规则永远成立：${said.zh}`, en: `the rule is always true: ${said.en}` },
        write,
      })
  }
  if (limit.deadband <= 0) return
  const back = isUpper(limit) ? limit.value - limit.deadband : limit.value + limit.deadband
  const opposite = others.map(other => other.limit).filter(other => isUpper(other) !== isUpper(limit))
  const bound = isUpper(limit)
    ? Math.max(...opposite.map(other => other.value), reach?.min ?? Number.NEGATIVE_INFINITY)
    : Math.min(...opposite.map(other => other.value), reach?.max ?? Number.POSITIVE_INFINITY)
  if (isUpper(limit) ? back > bound : back < bound) return
  const room = round(Math.abs(limit.value - bound))
  // Limits that cross are told as such; the deadband is then not the mistake.
  if (isUpper(limit) ? limit.value <= bound : limit.value >= bound) return
  report.error(at(wired, one, 'deadband'), {
    code: 'deadband-too-large',
    wrong: {
      zh: `回差 ${limit.deadband} 比上下限之间的 ${room} 还大，报警不会解除`,
      en: `the deadband ${limit.deadband} is not smaller than the ${room} between the limits: the alarm would never clear`,
    },
    write: {
      zh: `写小一些，例如 \`deadband: ${round(room / 10)}\``,
      en: `write less, for example \`deadband: ${round(room / 10)}\``,
    },
  })
}

function checkSides(report: Report, wired: Wired, limits: readonly WithLimit[]) {
  const uppers = limits.filter(one => isUpper(one.limit)).toSorted((a, b) => a.limit.value - b.limit.value)
  const lowers = limits.filter(one => !isUpper(one.limit)).toSorted((a, b) => b.limit.value - a.limit.value)
  const [upper, lower] = [uppers[0], lowers[0]]
  if (!upper || !lower || upper.limit.value > lower.limit.value) return
  const wrongOne = upper.overlay ? upper : lower
  const place = at(wired, wrongOne, 'value')
  if (report.has(place)) return
  report.error(place, {
    code: 'limit-inverted',
    wrong: {
      zh: `上限 ${upper.limit.value}(${upper.shipped.title.zh})不高于下限 ${lower.limit.value}(${lower.shipped.title.zh})`,
      en: `the upper limit ${upper.limit.value} (${upper.shipped.title.en}) is not above the lower limit ${lower.limit.value} (${lower.shipped.title.en})`,
    },
    write:
      wrongOne === upper
        ? { zh: `写大于 ${lower.limit.value} 的值`, en: `write a value above ${lower.limit.value}` }
        : { zh: `写小于 ${upper.limit.value} 的值`, en: `write a value below ${upper.limit.value}` },
  })
}

/** The setting in the overlay that made it so, else the point: shipped numbers fit each other, so the point was changed. */
function at(wired: Wired, one: Laid, key: string): Item {
  const overlay = one.overlay && (below(one.overlay, key) ?? below(one.overlay, 'op') ?? one.overlay)
  return overlay ?? below(wired.item, 'plausible') ?? wired.item
}

const round = (value: number) => Number(value.toPrecision(3))
