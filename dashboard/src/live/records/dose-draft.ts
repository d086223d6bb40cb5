import type { WireBatch, WireTank } from '../../../../gateway/api/wire-records.ts'
import { numberIn } from './draft.ts'
import type { RecordDraft } from './draft.ts'

export const anotherBatch = 'another'
export const keyOf = ({ product, batch }: Pick<WireBatch, 'product' | 'batch'>): string => `${product} ${batch ?? ''}`

/** What the gateway is asked about a dose, as the form stands; `undefined` while something of it is missing. */
export interface DoseQuestion {
  readonly product: string
  readonly strength: number
  readonly batch?: string
  readonly madeOn?: string
  readonly lossPerMonth?: number
  readonly volume?: number
  readonly residual?: number
  readonly target?: number
  readonly demand?: number
}

const text = (value: string | boolean | undefined): string => (typeof value === 'string' ? value.trim() : '')

/** The strength is typed in per cent, as it stands on the drum. */
export function batchOf(
  tank: WireTank,
  { values }: Pick<RecordDraft, 'values'>,
): Pick<DoseQuestion, 'product' | 'strength' | 'batch' | 'madeOn' | 'lossPerMonth'> | undefined {
  const chosen = values['chosen']
  const known = tank.batches.find(one => keyOf(one) === chosen)
  if (known) {
    const { product, strength, batch, madeOn, lossPerMonth } = known
    return {
      product,
      strength,
      lossPerMonth,
      ...(batch === undefined ? {} : { batch }),
      ...(madeOn === undefined ? {} : { madeOn }),
    }
  }
  const percent = numberIn(values['percent'])
  const product = text(values['product'])
  if (chosen !== anotherBatch || product === '' || percent === undefined || percent <= 0 || percent > 100) return undefined
  const [batch, madeOn] = [text(values['batch']), text(values['madeOn'])]
  return {
    product,
    strength: Number((percent / 100).toFixed(4)),
    ...(batch === '' ? {} : { batch }),
    ...(madeOn === '' ? {} : { madeOn }),
  }
}

export function questionOf(tank: WireTank, draft: Pick<RecordDraft, 'values'>): DoseQuestion | undefined {
  const batch = batchOf(tank, draft)
  const volume = numberIn(draft.values['volume'])
  if (!batch || (volume === undefined && !tank.volume?.usable)) return undefined
  const given = {
    volume,
    residual: numberIn(draft.values['residual']),
    target: numberIn(draft.values['target']),
    demand: numberIn(draft.values['demand']),
  }
  return { ...batch, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) }
}

/** The fields of the record: what was asked, and what really went in. */
export const doseFields = (question: DoseQuestion, grams: number, note: string): Record<string, string | number | boolean> => ({
  ...question,
  grams,
  weighed: true,
  ...(note.trim() === '' ? {} : { note: note.trim() }),
})
