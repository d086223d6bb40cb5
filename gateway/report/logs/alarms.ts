import type { LogDocument } from '../document.ts'
import type { LogQuestion } from '../question.ts'
import type { LogSource } from '../source.ts'
import { alarmCountsSection } from './alarm-counts.ts'
import { casesSection } from './alarm-cases.ts'
import { alarmsSection, silencesSection } from './alarm-tables.ts'
import { say } from './cells.ts'
import { deskOf, sheet } from './paper.ts'

/** 报警记录: each time an alarm came, from its limit to its end; who kept it quiet and why; what was done about it; and how often, by clause and equipment. */
export function alarmsLog(source: LogSource, question: LogQuestion): LogDocument {
  const desk = deskOf(source, question)
  return sheet('alarms', desk, {
    title: say('报警记录', 'Alarm log'),
    sections: [alarmsSection(desk), silencesSection(desk), casesSection(desk), ...alarmCountsSection(desk)],
    signatures: [say('值班人', 'On duty'), say('主管', 'Supervisor')],
  })
}
