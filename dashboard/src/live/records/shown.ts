import type { WireField, WireFields, WireRecord, WireRecordKind } from '../../../../gateway/api/wire-records.ts'
import type { WireEquipment } from '../../../../gateway/api/wire.ts'
import { sayQuantity } from '../../words/say.ts'
import type { Words } from '../../words/words.svelte.ts'

/** What a record says, field by field, in the words of its form; what the form does not know stands under its own key. */
export function linesOf(
  fields: WireFields,
  kind: WireRecordKind | undefined,
  equipment: WireEquipment | undefined,
  words: Words,
  /** Of the whole record, where `fields` are some of it. */
  whole: WireFields = fields,
): readonly { readonly name: string; readonly value: string }[] {
  const known = new Map((kind?.fields ?? []).map(field => [field.key, field]))
  const order = [...known.keys()]
  const place = (key: string): number => (order.includes(key) ? order.indexOf(key) : order.length)
  return Object.entries(fields)
    .toSorted(([a], [b]) => place(a) - place(b))
    .map(([key, value]) => {
      const field = known.get(key)
      return {
        name: field ? words.say(field.name) : key,
        value: valueOf(value, field && withUnit(field, whole, equipment), equipment, words),
      }
    })
}

/** A reading and a calibration are in the unit of their point. */
function withUnit(field: WireField, fields: WireFields, equipment: WireEquipment | undefined): WireField {
  if (field.holds !== 'number' || field.unit !== '' || !['value', 'reference', 'asFound', 'asLeft'].includes(field.key))
    return field
  return { ...field, unit: pointOf(equipment, String(fields['point'] ?? ''))?.unit ?? '' }
}

/** What a correction has changed, as it was before: the other fields say the same as today. */
export function changedBefore({ fields, corrections }: WireRecord, index: number): WireFields {
  const before = corrections[index]?.before.fields ?? {}
  const then = corrections[index + 1]?.before.fields ?? fields
  return Object.fromEntries(Object.entries(before).filter(([key, value]) => then[key] !== value))
}

function valueOf(
  value: string | number | boolean,
  field: WireField | undefined,
  equipment: WireEquipment | undefined,
  words: Words,
): string {
  if (typeof value === 'boolean') return value ? '✓' : '–'
  if (typeof value === 'number') {
    if (field?.holds !== 'number') return String(value)
    const decimals = Math.min(field.decimals, (String(value).split('.')[1] ?? '').length)
    return sayQuantity(value, decimals, field.unit)
  }
  if (field?.holds === 'point') {
    const point = pointOf(equipment, value)
    return point ? words.say(point.name) : value
  }
  if (field?.holds === 'choice') {
    const choice = field.choices.find(one => one.value === value)
    return choice ? words.say(choice.name) : value
  }
  return value
}

/** One line that says what a record is about: the amount, the reading, else the first words somebody wrote. */
export function summaryOf(
  { kind: name, fields }: WireRecord,
  kind: WireRecordKind | undefined,
  equipment: WireEquipment | undefined,
  words: Words,
): string {
  if (name === 'dosing' && typeof fields['grams'] === 'number') {
    const product = typeof fields['product'] === 'string' ? fields['product'] : ''
    return [sayQuantity(fields['grams'], 2, 'g'), product].filter(part => part !== '').join(' · ')
  }
  if (name === 'reading' && typeof fields['value'] === 'number') {
    const point = pointOf(equipment, String(fields['point']))
    const said = sayQuantity(fields['value'], point?.decimals ?? 2, point?.unit ?? '')
    return point ? `${words.say(point.name)} ${said}` : said
  }
  const lines = linesOf(fields, kind, equipment, words)
  return lines
    .slice(0, 2)
    .map(({ value }) => value)
    .join(' · ')
}

const pointOf = (equipment: WireEquipment | undefined, key: string) =>
  equipment?.points.find(({ id }) => id === `${equipment.id}.${key}`)
