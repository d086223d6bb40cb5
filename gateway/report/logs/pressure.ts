import type { LogDocument } from '../document.ts'
import { headOf } from '../head.ts'
import type { LogQuestion } from '../question.ts'
import type { LogSource } from '../source.ts'

export function pressureLog(source: LogSource, question: LogQuestion): LogDocument {
  return { kind: 'pressure', title: { zh: '', en: '' }, head: headOf(source, question, []), sections: [], signatures: [] }
}
