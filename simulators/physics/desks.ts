import type { Model } from './model.ts'
import { dayOfMonth } from './model.ts'
import { persons } from './persons.ts'

const at = (hour: number, minute = 0): number => hour * 60 + minute

/** Where the guards hand over (DUT-1) and people's reports come in (DUT-3). */
export const dutyDesk: Model = persons({
  type: 'duty-desk',
  habits: [
    {
      key: 'handovers',
      fault: { id: 'handover-skipped', name: { zh: '未办交接班', en: 'handover skipped' } },
      at: [at(7, 22), at(15, 22), at(23, 22)],
      spread: 16,
    },
  ],
  cases: {
    opens: 'reports',
    aDay: 0.7,
    stages: [
      {
        key: 'answers',
        fault: { id: 'report-unanswered', name: { zh: '反映无人答复', en: 'report left unanswered' } },
        after: [0.5, 9],
      },
      { key: 'closings', fault: { id: 'case-not-closed', name: { zh: '问题未办结', en: 'case not closed' } }, after: [4, 60] },
    ],
  },
})

/** The gas company's repair desk (GAS-9): it is manned around the clock. */
export const gasHotline: Model = persons({
  type: 'gas-hotline',
  cases: {
    opens: 'reports',
    aDay: 0.4,
    stages: [
      {
        key: 'answers',
        fault: { id: 'repair-unanswered', name: { zh: '报修无人答复', en: 'repair call left unanswered' } },
        after: [0.1, 3],
      },
      { key: 'closings', fault: { id: 'no-follow-up', name: { zh: '未回访结案', en: 'case not followed up' } }, after: [3, 70] },
    ],
  },
})

/** The ledger on the computer and its paper copy (DUT-4). */
export const ledger: Model = persons({
  type: 'ledger',
  cases: {
    opens: 'changes',
    aDay: 0.5,
    stages: [
      {
        key: 'prints',
        fault: { id: 'paper-not-renewed', name: { zh: '纸质台账未更新', en: 'paper copy not renewed' } },
        after: [0.5, 8],
      },
    ],
  },
})

/** A checker beside the archive of records: every night it compares what is kept with what was signed (DUT-5). */
export const recordsKeeper: Model = persons({
  type: 'records-keeper',
  habits: [
    { key: 'checks', fault: { id: 'check-skipped', name: { zh: '未核验', en: 'check skipped' } }, at: [at(2, 30)], spread: 20 },
  ],
  signs: [
    {
      key: 'intact',
      right: 1,
      wrong: 0,
      fault: { id: 'record-altered', name: { zh: '记录被改动', en: 'a record was altered' } },
    },
    {
      key: 'missing',
      right: 0,
      wrong: 2,
      fault: { id: 'deleted-early', name: { zh: '未到期删除', en: 'records deleted early' } },
    },
  ],
})

/** A guest room's daily disinfection (DUT-6), each counted with its own button. */
export const guestRoom: Model = persons({
  type: 'guest-room',
  habits: [
    {
      key: 'cups',
      fault: { id: 'cups-skipped', name: { zh: '杯具未消毒', en: 'cups not disinfected' } },
      at: [at(9, 30)],
      spread: 50,
    },
    {
      key: 'basins',
      fault: { id: 'basins-skipped', name: { zh: '脸盆未消毒', en: 'wash-basins not disinfected' } },
      at: [at(10)],
      spread: 50,
    },
    {
      key: 'toilets',
      fault: { id: 'toilets-skipped', name: { zh: '马桶未消毒', en: 'toilets not disinfected' } },
      at: [at(10, 20)],
      spread: 50,
    },
  ],
})

/** The meter readers' sheet (GAS-1…GAS-5): what was entered, and how much of it was only estimated. */
export const readingSheet: Model = persons({
  type: 'reading-sheet',
  habits: [
    {
      key: 'entries',
      fault: { id: 'entries-skipped', name: { zh: '台账未登记', en: 'nothing entered' } },
      at: [at(16, 30)],
      spread: 40,
    },
  ],
  signs: [
    {
      key: 'estimated',
      right: 0,
      wrong: 3,
      fault: { id: 'readings-estimated', name: { zh: '有估抄', en: 'readings estimated' } },
    },
  ],
})

/** The gas office's reports (GAS-7); the month's summary is drawn up on the 28th, a day that every month has. */
export const gasReport: Model = persons({
  type: 'gas-report',
  habits: [
    {
      key: 'daily',
      fault: { id: 'daily-report-missed', name: { zh: '抄表日报未出', en: 'daily reading report missed' } },
      at: [at(17, 10)],
      spread: 40,
    },
    {
      key: 'sales',
      fault: { id: 'sales-summary-missed', name: { zh: '售气日报未出', en: 'daily sales summary missed' } },
      at: [at(17, 30)],
      spread: 40,
    },
    {
      key: 'monthly',
      fault: { id: 'month-end-missed', name: { zh: '月末汇总未出', en: 'month-end summary missed' } },
      at: [at(15)],
      spread: 90,
      on: world => dayOfMonth(world) === 28,
    },
  ],
})

/** A passage to the outside with its lit sign, checked by the guard (FIR-3). */
export const fireExit: Model = persons({
  type: 'fire-exit',
  habits: [
    { key: 'checks', fault: { id: 'check-skipped', name: { zh: '未检查', en: 'check skipped' } }, at: [at(7)], spread: 40 },
  ],
  signs: [
    { key: 'clear', right: 1, wrong: 0, fault: { id: 'blocked', name: { zh: '通道堵塞', en: 'passage blocked' } } },
    { key: 'sign', right: 1, wrong: 0, fault: { id: 'sign-dark', name: { zh: '疏散指示不亮', en: 'exit sign dark' } } },
  ],
})

/** A smoke detector of the fire panel (FIR-4). */
export const smokeDetector: Model = persons({
  type: 'smoke-detector',
  signs: [
    { key: 'smoke', right: 0, wrong: 1, fault: { id: 'smoke', name: { zh: '冒烟', en: 'smoke' } } },
    { key: 'trouble', right: 0, wrong: 1, fault: { id: 'detector-trouble', name: { zh: '探测器故障', en: 'detector trouble' } } },
  ],
})
