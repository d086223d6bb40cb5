import { minutes } from '../../../protocols/contract/time.ts'
import type { Millis } from '../../../protocols/contract/time.ts'
import type { ParsedSpec } from '../kind.ts'
import type { Place } from '../place.ts'
import { SpecReader } from '../spec.ts'
import type { Hold } from './cycle-run.ts'
import { stated } from './fact.ts'

export interface CycleSpec {
  /** Which breach raises this rule's alarm. */
  readonly judges: 'start' | 'hold' | 'opening'
  /** The door is shut so long before it heats. */
  readonly dry: Millis
  /** °C up to which a cabinet that dries by itself only dries; `undefined`: switching it on is the start. */
  readonly dries: number | undefined
  readonly hold: Hold
  /** °C at which the door may be opened. */
  readonly safe: number
  /** °C by which the reading at the door may be above: the probe's error, and that it is some seconds old. */
  readonly slack: number
  /** °C past which a run begins where the heating contact is not wired. */
  readonly begins: number
  /** The longest silence of the temperature that still counts as having watched. */
  readonly gap: Millis
  /** A run that has not ended by then is ended. */
  readonly longest: Millis
  /** A record waits so long for the door after the cabinet has cooled. */
  readonly waits: Millis
  readonly writes: boolean
}

/** Reads the settings of a `cycle` rule. */
export function parseCycle(raw: unknown, place: Place): ParsedSpec<CycleSpec> {
  const from = new SpecReader(raw, place)
  const hold = readHold(from, place)
  const spec: CycleSpec = {
    judges: from.oneOf('judges', ['start', 'hold', 'opening']),
    dry: from.duration('dry', minutes(10)),
    dries: from.has('dries') ? from.number('dries') : undefined,
    hold,
    safe: from.number('safe', 45),
    slack: from.amount('slack', 2),
    begins: from.number('begins', 60),
    gap: from.duration('gap', minutes(5)),
    longest: from.duration('longest', minutes(180)),
    waits: from.duration('waits', minutes(30)),
    writes: from.flag('writes', false),
  }
  complain(from, spec)
  return from.finish(spec)
}

/** `hold: { at: 120, for: 10m }`; either may stand in a fact of the equipment, as the cabinet's method demands. */
function readHold(from: SpecReader, place: Place): Hold {
  const raw = from.raw('hold') ?? {}
  const written =
    typeof raw === 'object' && !Array.isArray(raw) ? { ...raw, for: stated((raw as { for?: unknown }).for, place) } : raw
  const inside = new SpecReader(written, place)
  const parsed = inside.finish({ at: inside.number('at', 120), for: inside.duration('for', minutes(10)) })
  if (parsed.ok) return parsed.spec
  for (const { path, wrong, write } of parsed.problems) from.wrong(['hold', ...path], wrong, write)
  return { at: Number.NaN, for: Number.NaN as Millis }
}

function complain(from: SpecReader, { dries, hold, safe, slack, begins, longest }: CycleSpec): void {
  const mustBeBelow = (key: string, value: number | undefined, ceiling: number, name: string): void => {
    if (value === undefined || !(value >= ceiling)) return
    from.wrong(
      [key],
      {
        zh: `“${key}”是 ${value} °C，应低于 ${name}（${ceiling} °C）`,
        en: `"${key}" is ${value} °C and must be below ${name} (${ceiling} °C)`,
      },
      { zh: '改小', en: 'lower it' },
    )
  }
  mustBeBelow('safe', safe + slack, hold.at, 'hold.at')
  mustBeBelow('dries', dries, hold.at, 'hold.at')
  mustBeBelow('begins', begins, hold.at, 'hold.at')
  if (begins <= safe + slack)
    from.wrong(
      ['begins'],
      {
        zh: `“begins”应高于开门温度 ${safe + slack} °C`,
        en: `"begins" must be above the temperature for opening, ${safe + slack} °C`,
      },
      { zh: '改大，例如 60', en: 'raise it, for example to 60' },
    )
  if (longest <= hold.for)
    from.wrong(
      ['longest'],
      { zh: '“longest”比保温时间还短，永远消毒不成', en: '"longest" is shorter than the hold: no run could ever pass' },
      { zh: '改长，例如 180m', en: 'make it longer, for example 180m' },
    )
}
