import { approach, chance, dayOfMonth, minuteOf, minuteOfDay, model, tremor } from './model.ts'
import type { World } from './model.ts'

type Backup = { seed: number; lag: number; logs: number; offsite: number; verified: number; minute: number }

/** A standby copies the live database all the time; jobs save the logs, people carry the off-site copy and try a restore (SRV-4). */
export const databaseBackup = model<Backup>({
  type: 'database-backup',
  faults: [
    { id: 'replication-stopped', name: { zh: '实时备份中断', en: 'live copy stopped' } },
    { id: 'log-backup-failed', name: { zh: '日志备份失败', en: 'log backup failed' } },
    { id: 'offsite-forgotten', name: { zh: '异地备份未做', en: 'off-site copy forgotten' } },
    { id: 'restore-not-verified', name: { zh: '备份未验证', en: 'restore not verified' } },
  ],
  sensed: ['lag'],
  longestStep: 30,
  begin: (seed, world) => ({
    seed,
    lag: 1,
    logs: 200 + Math.floor(100 * chance(seed, 1, 0)),
    offsite: 40,
    verified: 9,
    minute: minuteOf(world),
  }),
  step(state, world, faults) {
    const minute = minuteOf(world)
    const next = minute !== state.minute
    const at = (hour: number) => next && minuteOfDay(world) === hour * 60 + Math.floor(30 * chance(state.seed, 2, hour))
    const usual = 1.2 + 0.5 * tremor(state.seed, 3, world)
    return {
      seed: state.seed,
      lag: faults.has('replication-stopped') ? state.lag + world.dtSeconds : approach(state.lag, usual, world.dtSeconds, 60),
      logs: state.logs + (at(1) && !faults.has('log-backup-failed') ? 1 : 0),
      offsite: state.offsite + (at(10) && world.weekday === 6 && !faults.has('offsite-forgotten') ? 1 : 0),
      verified: state.verified + (at(15) && dayOfMonth(world) === 4 && !faults.has('restore-not-verified') ? 1 : 0),
      minute,
    }
  },
  points: ({ lag, logs, offsite, verified }) => ({ lag: Math.max(0, lag), logs, offsite, verified }),
})

type Clock = { seed: number; offset: number; error: number }

const HALF_A_DAY = 43_200_000

/** A server's clock against the school's time server, s: kept within some milliseconds, until it drifts or somebody turns it (SRV-5). */
export const serverClock = model<Clock>({
  type: 'server-clock',
  faults: [
    { id: 'clock-drifts', name: { zh: '时钟漂移', en: 'clock drifts' } },
    { id: 'clock-turned-back', name: { zh: '时钟被拨慢一小时', en: 'clock turned back an hour' } },
  ],
  sensed: ['offset'],
  longestStep: 60,
  begin: seed => ({ seed, offset: 0, error: 0 }),
  step(state, world, faults) {
    const kept = 0.004 * Math.sin((world.now / HALF_A_DAY + state.seed) * 2 * Math.PI)
    const offset = faults.has('clock-turned-back')
      ? -3600
      : faults.has('clock-drifts')
        ? state.offset + world.dtSeconds * 0.002
        : approach(state.offset, kept, world.dtSeconds, 120)
    return { seed: state.seed, offset, error: 0.002 * tremor(state.seed, 1, world) }
  },
  points: ({ offset, error }) => ({ offset: offset + error }),
})

type Rack = { seed: number; celsius: number; error: number }

const COOLING_CYCLE = 32 * 60_000
/** The room's air conditioner goes on and off; a rack further from it is a little warmer. */
const coldAisle = (world: World, seed: number): number =>
  21.5 + 1.5 * chance(seed, 1, 0) + Math.sin((world.now / COOLING_CYCLE) * 2 * Math.PI)

/** The air that goes into one rack. */
export const rackSensor = model<Rack>({
  type: 'rack-sensor',
  faults: [{ id: 'inlet-blocked', name: { zh: '机柜进风受阻', en: 'inlet blocked' } }],
  sensed: ['temperature'],
  longestStep: 30,
  begin: (seed, world) => ({ seed, celsius: coldAisle(world, seed), error: 0 }),
  step: (state, world, faults) => ({
    seed: state.seed,
    celsius: approach(state.celsius, coldAisle(world, state.seed) + (faults.has('inlet-blocked') ? 12 : 0), world.dtSeconds, 600),
    error: 0.05 * tremor(state.seed, 2, world),
  }),
  points: ({ celsius, error }) => ({ temperature: celsius + error }),
})
