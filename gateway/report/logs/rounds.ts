import type { LogDocument } from '../document.ts'
import type { LogQuestion } from '../question.ts'
import type { LogSource } from '../source.ts'
import { say } from './cells.ts'
import { missedSection } from './missed-duties.ts'
import { deskOf, sheet } from './paper.ts'
import { buttonsSection, inspectionsSection, pointsSection, walksSection } from './rounds-tables.ts'

/** Duties of rounds and of checks on days off (PAT-*, FIR-3, SRV-2). */
export const roundClauses = (clause: string): boolean => clause.startsWith('PAT-') || clause === 'FIR-3' || clause === 'SRV-2'

/** 巡查记录: each walk, each check-point with both times, what was found, and what was missed. */
export function roundsLog(source: LogSource, question: LogQuestion): LogDocument {
  const desk = deskOf(source, question)
  return sheet('rounds', desk, {
    title: say('巡查记录', 'Rounds log'),
    sections: [
      walksSection(desk),
      missedSection(desk, roundClauses, say('漏巡漏查', 'Missed')),
      pointsSection(desk),
      buttonsSection(desk),
      inspectionsSection(desk),
    ],
    signatures: [say('巡查人', 'Walked by'), say('主管', 'Supervisor')],
  })
}
