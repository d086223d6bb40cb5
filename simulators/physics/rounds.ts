import type { FaultKind, Model, World } from './model.ts'
import { chance, isSchoolDay, minuteOf, minuteOfDay, model } from './model.ts'

/** A button, a tag or a program that counts each time something was done. */
type Count = { seed: number; done: number; minute: number }

interface Habit {
  readonly type: string
  /** The key of its counter. */
  readonly counts: string
  readonly fault: FaultKind
  /** Minutes of the day at which it is done, each up to `late` minutes later, as people are; never over midnight. */
  readonly at: readonly number[]
  readonly late: number
  readonly schoolDaysOnly?: boolean
}

const clock = (hour: number, minute: number): number => hour * 60 + minute

function habit({ type, counts, fault, at, late, schoolDaysOnly = false }: Habit): Model {
  return model<Count>({
    type,
    faults: [fault],
    sensed: [],
    longestStep: 30,
    begin: (seed, world) => ({ seed, done: Math.floor(chance(seed, 1, 0) * 900), minute: minuteOf(world) }),
    step(state, world, faults) {
      const minute = minuteOf(world)
      const today = !schoolDaysOnly || isSchoolDay(world)
      const happens =
        minute !== state.minute && today && at.some((planned, turn) => isTurn(state.seed, world, planned, turn, late))
      return { seed: state.seed, done: state.done + (happens && !faults.has(fault.id) ? 1 : 0), minute }
    },
    points: ({ done }) => ({ [counts]: done }),
  })
}

function isTurn(seed: number, world: World, planned: number, turn: number, late: number): boolean {
  const day = Math.floor((minuteOf(world) - minuteOfDay(world)) / 1440)
  return minuteOfDay(world) === planned + Math.floor(chance(seed, 10 + turn, day) * (late + 1))
}

/** The guard's tag reader on the night route (PAT-1): never more than two hours between two visits at night. */
export const patrolPoint = habit({
  type: 'patrol-point',
  counts: 'visits',
  fault: { id: 'round-skipped', name: { zh: '漏巡', en: 'rounds skipped' } },
  at: [clock(22, 15), clock(23, 45), clock(1, 30), clock(3, 15), clock(5, 0)],
  late: 8,
})

/** The tag at a store, a power or a fire room (PAT-2): never more than an hour between two visits at night. */
export const keyPoint = habit({
  type: 'key-point',
  counts: 'visits',
  fault: { id: 'round-skipped', name: { zh: '漏巡', en: 'rounds skipped' } },
  at: [0, 50, 100, 150, 200, 250, 300, 345, clock(22, 10), clock(22, 55), clock(23, 35)],
  late: 6,
})

/** The button beside the monitoring screens (PAT-3): pressed by whoever has looked at them, day and night. */
export const monitoringCheck = habit({
  type: 'monitoring-check',
  counts: 'checks',
  fault: { id: 'check-skipped', name: { zh: '未检查监控', en: 'checks skipped' } },
  at: [1, 4, 7, 10, 13, 16, 19, 22].map(hour => clock(hour, 0)),
  late: 15,
})

/** The tag on the way round a grid cell (PAT-6): every morning and every afternoon. */
export const gridRound = habit({
  type: 'grid-round',
  counts: 'rounds',
  fault: { id: 'round-skipped', name: { zh: '漏巡', en: 'rounds skipped' } },
  at: [clock(8, 40), clock(15, 10)],
  late: 40,
})

/** The button beside the vaccine fridge (VAC-1): pressed with each reading taken by hand. */
export const vaccineLogbook = habit({
  type: 'vaccine-logbook',
  counts: 'readings',
  fault: { id: 'reading-skipped', name: { zh: '未人工测温', en: 'hand readings skipped' } },
  at: [clock(8, 15), clock(16, 10)],
  late: 30,
})

/** The canteen's meal-card computer (CAN-13): each finished backup counts. */
export const mealCardBackup = habit({
  type: 'meal-card-backup',
  counts: 'backups',
  fault: { id: 'backup-failed', name: { zh: '备份失败', en: 'backup failed' } },
  at: [clock(20, 30)],
  late: 5,
})
