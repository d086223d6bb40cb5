import type { Words } from '../../protocols/contract/driver.ts'
import type { LogDocument, LogKind } from './document.ts'
import { alarmsLog } from './logs/alarms.ts'
import { auditLog } from './logs/audit.ts'
import { closingLog } from './logs/closing.ts'
import { disinfectionLog } from './logs/disinfection.ts'
import { dosingLog } from './logs/dosing.ts'
import { environmentLog } from './logs/environment.ts'
import { gasLog } from './logs/gas.ts'
import { handoverLog } from './logs/handover.ts'
import { pressureLog } from './logs/pressure.ts'
import { roundsLog } from './logs/rounds.ts'
import { temperatureLog } from './logs/temperature.ts'
import type { LogQuestion } from './question.ts'
import type { LogSource } from './source.ts'

/** One line for each log: what it is called, and what makes it. */
export const logs: Readonly<
  Record<LogKind, { readonly name: Words; make(source: LogSource, question: LogQuestion): LogDocument }>
> = {
  temperature: { name: { zh: '温度记录', en: 'Temperature log' }, make: temperatureLog },
  disinfection: { name: { zh: '消毒记录', en: 'Disinfection log' }, make: disinfectionLog },
  dosing: { name: { zh: '水池投药记录', en: 'Dosing log' }, make: dosingLog },
  environment: { name: { zh: '机房环境记录', en: 'Environment log' }, make: environmentLog },
  gas: { name: { zh: '燃气抄表记录', en: 'Gas log' }, make: gasLog },
  pressure: { name: { zh: '消防压力与到期记录', en: 'Pressure and expiry log' }, make: pressureLog },
  rounds: { name: { zh: '巡查记录', en: 'Rounds log' }, make: roundsLog },
  closing: { name: { zh: '收工检查记录', en: 'Closing checks' }, make: closingLog },
  alarms: { name: { zh: '报警记录', en: 'Alarm log' }, make: alarmsLog },
  handover: { name: { zh: '交接班记录', en: 'Hand-over log' }, make: handoverLog },
  audit: { name: { zh: '审计记录', en: 'Audit trail' }, make: auditLog },
}
