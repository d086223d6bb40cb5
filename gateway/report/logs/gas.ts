import type { LogDocument } from '../document.ts'
import type { LogQuestion } from '../question.ts'
import type { LogSource } from '../source.ts'
import { say } from './cells.ts'
import { consumptionSection } from './gas-consumption.ts'
import { ratesSection } from './gas-rates.ts'
import { readingsSection } from './gas-readings.ts'
import { registerSection } from './gas-register.ts'
import { isMeter } from './meters.ts'
import { missedSection } from './missed-duties.ts'
import { deskOf, sheet } from './paper.ts'

const anomalies: ReadonlySet<string> = new Set(['GAS-5', 'GAS-6', 'GAS-7', 'GAS-10'])

/** 燃气抄表记录 (GAS-1…8): reading rates, the daily report, what was used, what is suspect, and the register of meters. */
export function gasLog(source: LogSource, question: LogQuestion): LogDocument {
  const desk = deskOf(source, question)
  const meters = source.site.equipment.filter(one => isMeter(one) && desk.names.wants(one.id))
  const points = source.site.points.filter(({ equipment, key }) => key === 'total' && meters.some(({ id }) => id === equipment))
  return sheet('gas', desk, {
    title: say('燃气抄表记录', 'Gas log'),
    points: points.map(({ id }) => id),
    sections: [
      ratesSection(desk, meters),
      readingsSection(desk, meters),
      consumptionSection(desk, meters),
      missedSection(desk, clause => anomalies.has(clause), say('异常与未报', 'Anomalies, and reports that were not made')),
      registerSection(desk, meters),
    ],
    signatures: [say('抄表员', 'Read by'), say('复核人', 'Checked by'), say('部门负责人', 'Head of department')],
  })
}
