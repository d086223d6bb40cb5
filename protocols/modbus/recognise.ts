import type { Template } from '../contract/driver.ts'
import type { Kind } from './config.ts'
import { parseModbus } from './config.ts'
import type { Judged } from './frame.ts'
import type { Manners, Talk } from './line.ts'
import { once } from './line.ts'
import type { ReadRequest } from './plan.ts'
import { planReads, splitRead } from './plan.ts'
import { isAboutAddresses } from './probe.ts'
import { readOf } from './reads.ts'

/** More is not read of a unit for the sake of a name. */
const mostReads = 48
/** Some devices answer nothing at all to an address they do not have: then it is enough. */
const mostSilences = 2
const mostNamed = 5
/** One number that fits is no sign of anything. */
const leastPoints = 2

export interface Stranger {
  readonly kind: Kind
  readonly settings: Readonly<Record<string, unknown>>
  readonly unit: number
}

/**
 * Which templates fit a unit: every point of theirs can be read there and is in its range, and two at least are not zero. What fits more points is
 * likelier, then what lies nearer to the middle of its range; else the order is that of the templates.
 */
export async function recognise(
  { kind, settings, unit }: Stranger,
  templates: readonly Template[],
  talk: Talk,
  manners: Manners,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const answers = new Map<string, Judged | undefined>()
  let [reads, silences] = [0, 0]
  const answerTo: Answers = async request => {
    const key = `${request.table} ${request.start} ${request.quantity}`
    if (answers.has(key)) return answers.get(key)
    if (reads >= mostReads || silences >= mostSilences || signal.aborted) return undefined
    reads += 1
    const judged = (await talk.read(request, once(manners)))?.judged
    if (!judged || judged.kind === 'fault') silences += 1
    answers.set(key, judged)
    return judged
  }
  const fitting: (Fit & { readonly model: string })[] = []
  for (const { model, bindings } of templates) {
    const fit = await fitOf(kind, settings, asUnit(bindings, unit), answerTo)
    if (fit && fit.points >= leastPoints) fitting.push({ ...fit, model })
  }
  return fitting
    .toSorted((a, b) => b.points - a.points || a.strain - b.strain)
    .slice(0, mostNamed)
    .map(({ model }) => model)
}

/** What the unit said to a read, asked only once; undefined where it is no longer asked. */
type Answers = (request: ReadRequest) => Promise<Judged | undefined>

const asUnit = (bindings: Template['bindings'], unit: number): Template['bindings'] =>
  bindings.map(binding => ({ ...binding, device: { ...binding.device, unit } }))

interface Fit {
  /** How many of them say something. */
  readonly points: number
  /** How far they lie from the middle of their ranges: 0 in the middle, 1 at the end, on average. */
  readonly strain: number
}

/** Undefined where one of the points is not there, or cannot be that. */
async function fitOf(
  kind: Kind,
  settings: Stranger['settings'],
  bindings: Template['bindings'],
  answerTo: Answers,
): Promise<Fit | undefined> {
  const problems: Parameters<typeof parseModbus>[3] = []
  const { points, units, usual } = parseModbus(kind, settings, bindings, problems)
  if (problems.length > 0) return undefined
  const strains: number[] = []
  const waiting = planReads(points, unit => units.get(unit) ?? usual)
  for (let request = waiting.shift(); request; request = waiting.shift()) {
    const judged = await answerTo(request)
    const halves = judged?.kind === 'exception' && isAboutAddresses(judged.code) ? splitRead(request) : undefined
    if (halves) {
      waiting.unshift(...halves)
      continue
    }
    if (judged?.kind !== 'data') return undefined
    for (const reader of readOf(request).readers) {
      const value = reader.read(judged.data)
      if (typeof value !== 'number') return undefined
      if (value !== 0) strains.push(strainOf(value, bindings.find(({ point }) => point === reader.point)?.plausible))
    }
  }
  return { points: strains.length, strain: strains.reduce((sum, strain) => sum + strain, 0) / Math.max(1, strains.length) }
}

function strainOf(value: number, span: Template['bindings'][number]['plausible']): number {
  if (!span || span.max <= span.min) return 1
  return Math.abs(value - (span.min + span.max) / 2) / ((span.max - span.min) / 2)
}
