import { minutes } from '../../../protocols/contract/time.ts'
import type { PointId } from '../../../protocols/contract/reading.ts'
import type { Words } from '../../../protocols/contract/driver.ts'
import type { LogDocument, LogKind, LogSection } from '../document.ts'
import { headOf } from '../head.ts'
import type { LogQuestion } from '../question.ts'
import type { LogSource } from '../source.ts'
import { say } from './cells.ts'
import { Lines } from './lines.ts'
import { Names } from './names.ts'

/** What every log of journal entries is made with. */
export interface Desk {
  readonly source: LogSource
  readonly question: LogQuestion
  readonly names: Names
  readonly lines: Lines
}

export function deskOf(source: LogSource, question: LogQuestion): Desk {
  const names = new Names(source, question)
  return { source, question, names, lines: new Lines(source.past, names) }
}

interface Sheet {
  readonly title: Words
  /** What it measures, for limits and sensors above it. */
  readonly points?: readonly PointId[]
  readonly sections: readonly LogSection[]
  readonly signatures?: readonly Words[]
}

/** 记录人, 审核人: as every paper form ends. */
const usually = [say('记录人', 'Recorded by'), say('审核人', 'Checked by')]

export const sheet = (
  kind: LogKind,
  { source, question }: Desk,
  { title, points = [], sections, signatures = usually }: Sheet,
): LogDocument => ({
  kind,
  title,
  head: headOf(source, question, points),
  sections,
  signatures,
})

export const ofMinutes = (value: number | null): number | null => (value === null ? null : Math.round(minutes(value)))
