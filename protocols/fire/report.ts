import type { DeviceReport, Frame, LineReport, Words } from '../contract/driver.ts'
import type { Fault } from '../contract/fault.ts'
import type { Instant } from '../contract/time.ts'
import type { FirePoint } from './config.ts'
import type { KnownUnit } from './unit-book.ts'

export interface FireReport {
  readonly since: Instant
  readonly now: Instant
  readonly port: string
  readonly bySource: ReadonlyMap<number, readonly FirePoint[]>
  readonly units: readonly KnownUnit[]
  readonly silent: ReadonlyMap<number, Fault>
  readonly frames: readonly Frame[]
}

const minute = 60_000

/** The units that are wired and those that were only heard. Nothing is asked, so there are neither reads nor round trips. */
export function reportOf({ since, now, port, bySource, units, silent, frames }: FireReport): LineReport {
  const wired = [...bySource.keys()]
  const strangers = units.filter(({ source }) => !bySource.has(source)).map(({ source }) => source)
  return {
    since,
    busy: 0,
    devices: [...wired, ...strangers].map((source): DeviceReport => {
      const unit = units.find(one => one.source === source)
      const why = silent.get(source)
      const heard = unit?.frames ?? 0
      return {
        device: `unit ${source}`,
        asked: heard,
        answered: heard,
        timeouts: 0,
        garbled: 0,
        refusals: {},
        ...(why ? { silent: { since: unit?.heardAt ?? since, until: now, why } } : {}),
        reads: [],
        learned: [],
        advice: adviceOf(unit, bySource.has(source), port),
      }
    }),
    frames,
  }
}

function adviceOf(unit: KnownUnit | undefined, isWired: boolean, port: string): readonly Words[] {
  if (!unit)
    return [
      {
        zh: `还没有收到过它的报文：传输装置里的中心地址要指向本机 ${port}，源地址要和 source 一致，防火墙要放行。`,
        en: `Nothing was heard of it: the unit must call this machine (${port}), its source address must be the one written here, a firewall must let it pass.`,
      },
    ]
  const advice: Words[] = []
  if (!isWired)
    advice.push({
      zh: '它在上报，但现场文件里没有接：没有人看管，所以也不确认。按扫描结果把它写进去。',
      en: 'It reports and is not in the site file: nobody watches it, so nothing is confirmed. Write it in from what the search found.',
    })
  if (unit.clockOff !== undefined && Math.abs(unit.clockOff) > minute)
    advice.push({
      zh: `它的时钟差 ${Math.round(unit.clockOff / minute)} 分钟：在装置上校时；在此之前不要写 clock: unit。`,
      en: `Its clock is off by ${Math.round(unit.clockOff / minute)} minutes: set it at the unit, and leave clock: unit out until then.`,
    })
  if (unit.coarse)
    advice.push({
      zh: '它按 0.1 MPa 一档报压力（代码 4），分不出 0.07 MPa：请厂家改成代码 5（0.1 kPa）。',
      en: 'It gives pressure in steps of 0.1 MPa (code 4), which cannot tell 0.07 MPa: have it send code 5 (0.1 kPa).',
    })
  return advice
}
