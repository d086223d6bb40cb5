import type { Words } from '../../protocols/contract/driver.ts'

export type FieldValue = string | number | boolean
export type Fields = Readonly<Record<string, FieldValue>>

/** What a field holds. A day is `2026-09-01`, or `2026-09` where nobody wrote the day. `point` is the key of a point of the equipment. */
export type Holds =
  | { readonly holds: 'number'; readonly unit: string; readonly min: number; readonly max: number; readonly decimals: number }
  | { readonly holds: 'text'; readonly longest: number; readonly isLong?: boolean }
  | {
      readonly holds: 'choice'
      readonly choices: readonly { readonly value: string; readonly name: Words }[]
      /** Programs may say it in words of their own. */
      readonly isOpen?: boolean
    }
  | { readonly holds: 'day' }
  | { readonly holds: 'flag' }
  | { readonly holds: 'point' }

/** One line of a form. The key is what rules and logs know it by. */
export type Field = Holds & {
  readonly key: string
  readonly name: Words
  /** Said below the field: an example, or where to read it. */
  readonly hint?: Words
  /**
   * `always`: nothing is recorded without it. `form`: the page asks for it; what comes from programs may do without. `may`: where somebody
   * knows.
   */
  readonly need: 'always' | 'form' | 'may'
}

export interface WrongField {
  readonly key: string
  readonly wrong: Words
}

const day = /^(\d{4})-(\d{2})(?:-(\d{2}))?$/

/** Whether the text is a day that exists, or a month. */
export function isDay(text: string): boolean {
  const [, year, month, date] = day.exec(text) ?? []
  if (year === undefined || month === undefined) return false
  const made = new Date(Date.UTC(Number(year), Number(month) - 1, Number(date ?? 1)))
  return made.getUTCMonth() === Number(month) - 1 && made.getUTCDate() === Number(date ?? 1)
}

/** What is wrong with one field, in words for whoever fills in the form; `points` are those of the equipment. */
export function mistakeIn(field: Field, value: FieldValue | undefined, points: readonly string[]): Words | undefined {
  if (value === undefined || (typeof value === 'string' && value.trim() === ''))
    return field.need === 'always' ? { zh: `没有填写${field.name.zh}`, en: `${field.name.en} is missing` } : undefined
  switch (field.holds) {
    case 'number':
      return numberMistake(field, value)
    case 'text':
      if (typeof value !== 'string') return { zh: '请写文字', en: 'write it as text' }
      return value.length > field.longest
        ? { zh: `最多 ${field.longest} 个字`, en: `at most ${field.longest} characters` }
        : undefined
    case 'choice':
      if (field.isOpen && typeof value === 'string') return undefined
      return field.choices.some(choice => choice.value === value) ? undefined : oneOf(field.choices)
    case 'day':
      return typeof value === 'string' && isDay(value)
        ? undefined
        : { zh: '请写日期，例如 2026-09-01', en: 'write a day that exists, such as 2026-09-01' }
    case 'flag':
      return typeof value === 'boolean' ? undefined : { zh: '请写 true 或 false', en: 'write true or false' }
    case 'point':
      return points.includes(String(value))
        ? undefined
        : {
            zh: `这台设备没有测点“${String(value)}”，可选：${points.join('、')}`,
            en: `this equipment has no point "${String(value)}"; there are ${points.join(', ')}`,
          }
  }
}

function numberMistake({ unit, min, max }: Extract<Field, { holds: 'number' }>, value: FieldValue): Words | undefined {
  const tail = unit === '' ? '' : ` ${unit}`
  if (typeof value !== 'number') return { zh: '请写数字', en: 'write a number' }
  return value >= min && value <= max
    ? undefined
    : {
        zh: `${value}${tail} 不可能，应在 ${min}–${max}${tail} 之间`,
        en: `${value}${tail} cannot be; write ${min} to ${max}${tail}`,
      }
}

const oneOf = (choices: readonly { readonly value: string; readonly name: Words }[]): Words => ({
  zh: `请从这些里选：${choices.map(({ value, name }) => `${value}（${name.zh}）`).join('、')}`,
  en: `choose one of ${choices.map(({ value, name }) => `${value} (${name.en})`).join(', ')}`,
})
