import type { Words } from '../../../protocols/contract/driver.ts'

/** One year of the holidays as the State Council's office arranges them: days off with their neighbours, and the weekend days worked for it. */
export interface PublishedYear {
  readonly year: number
  readonly source: Words
  /** First and last day off, both included. */
  readonly holidays: readonly { readonly name: Words; readonly from: string; readonly to: string }[]
  /** 调休: days of a weekend that are worked. */
  readonly workdays: readonly string[]
}

const newYear: Words = { zh: '元旦', en: "New Year's Day" }
const spring: Words = { zh: '春节', en: 'Spring Festival' }
const qingming: Words = { zh: '清明节', en: 'Qingming' }
const labour: Words = { zh: '劳动节', en: 'Labour Day' }
const dragonBoat: Words = { zh: '端午节', en: 'Dragon Boat Festival' }
const midAutumn: Words = { zh: '中秋节', en: 'Mid-Autumn Festival' }
const national: Words = { zh: '国庆节', en: 'National Day' }

const notice = (year: number, number: string, date: string): Words => ({
  zh: `国务院办公厅关于${year}年部分节假日安排的通知（${number}，${date}）`,
  en: `State Council General Office, notice on the public holidays of ${year} (${number}, ${date})`,
})

/** As published; a year that is not here is not known. */
export const chinaYears: readonly PublishedYear[] = [
  {
    year: 2024,
    source: notice(2024, '国办发明电〔2023〕7号', '2023-10-25'),
    holidays: [
      { name: newYear, from: '2024-01-01', to: '2024-01-01' },
      { name: spring, from: '2024-02-10', to: '2024-02-17' },
      { name: qingming, from: '2024-04-04', to: '2024-04-06' },
      { name: labour, from: '2024-05-01', to: '2024-05-05' },
      { name: dragonBoat, from: '2024-06-10', to: '2024-06-10' },
      { name: midAutumn, from: '2024-09-15', to: '2024-09-17' },
      { name: national, from: '2024-10-01', to: '2024-10-07' },
    ],
    workdays: ['2024-02-04', '2024-02-18', '2024-04-07', '2024-04-28', '2024-05-11', '2024-09-14', '2024-09-29', '2024-10-12'],
  },
  {
    year: 2025,
    source: notice(2025, '国办发明电〔2024〕12号', '2024-11-12'),
    holidays: [
      { name: newYear, from: '2025-01-01', to: '2025-01-01' },
      { name: spring, from: '2025-01-28', to: '2025-02-04' },
      { name: qingming, from: '2025-04-04', to: '2025-04-06' },
      { name: labour, from: '2025-05-01', to: '2025-05-05' },
      { name: dragonBoat, from: '2025-05-31', to: '2025-06-02' },
      { name: { zh: '国庆节、中秋节', en: 'National Day and Mid-Autumn Festival' }, from: '2025-10-01', to: '2025-10-08' },
    ],
    workdays: ['2025-01-26', '2025-02-08', '2025-04-27', '2025-09-28', '2025-10-11'],
  },
  {
    year: 2026,
    source: notice(2026, '国办发明电〔2025〕7号', '2025-11-04'),
    holidays: [
      { name: newYear, from: '2026-01-01', to: '2026-01-03' },
      { name: spring, from: '2026-02-15', to: '2026-02-23' },
      { name: qingming, from: '2026-04-04', to: '2026-04-06' },
      { name: labour, from: '2026-05-01', to: '2026-05-05' },
      { name: dragonBoat, from: '2026-06-19', to: '2026-06-21' },
      { name: midAutumn, from: '2026-09-25', to: '2026-09-27' },
      { name: national, from: '2026-10-01', to: '2026-10-07' },
    ],
    workdays: ['2026-01-04', '2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10'],
  },
]

/**
 * Days off by law whatever is published (全国年节及纪念日放假办法, 2024 revision, article 2), month and day: only those of the solar
 * calendar. Those of the lunar one are left out of years without a notice: computed dates are now and then a day off (common
 * calendar tables put the Spring Festival of 2027 on the 7th of February).
 */
export const chinaEveryYear: readonly { readonly name: Words; readonly month: number; readonly days: readonly number[] }[] = [
  { name: newYear, month: 1, days: [1] },
  { name: labour, month: 5, days: [1, 2] },
  { name: national, month: 10, days: [1, 2, 3] },
]
