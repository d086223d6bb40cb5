import type { Words } from '../../protocols/contract/driver.ts'
import type { Field, Holds } from './field.ts'

type Range = Omit<Extract<Holds, { holds: 'number' }>, 'holds'>

export const number = (key: string, name: Words, range: Range, need: Field['need'] = 'may'): Field => ({
  key,
  name,
  need,
  holds: 'number',
  ...range,
})

export const text = (key: string, name: Words, need: Field['need'] = 'may', isLong = false): Field => ({
  key,
  name,
  need,
  holds: 'text',
  longest: 1_000,
  ...(isLong ? { isLong } : {}),
})

/** A remark that any record may have. */
export const note: Field = text('note', { zh: '备注', en: 'Note' }, 'may', true)

export const instrument: Field = {
  ...text('instrument', { zh: '用什么量的', en: 'Instrument' }),
  hint: { zh: '名称和编号', en: 'Its name and number' },
}

export const due: Field = { key: 'due', name: { zh: '下次日期', en: 'Next due' }, need: 'may', holds: 'day' }

/** What is known of the drum a dose came from. */
export const batchFields: readonly Field[] = [
  text('product', { zh: '药剂', en: 'Product' }, 'form'),
  text('batch', { zh: '批号', en: 'Batch' }),
  {
    ...number('strength', { zh: '出厂有效氯', en: 'Strength when fresh' }, { unit: '', min: 0.001, max: 1, decimals: 4 }),
    hint: { zh: '写成小数：65 % 写 0.65', en: 'As a fraction: 0.65 for 65 %' },
  },
  { key: 'madeOn', name: { zh: '生产日期', en: 'Made on' }, need: 'may', holds: 'day' },
  number('lossPerMonth', { zh: '每月失效', en: 'Lost in a month' }, { unit: '', min: 0, max: 0.9, decimals: 3 }),
]
