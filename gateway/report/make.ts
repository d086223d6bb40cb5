import { statSync } from 'node:fs'
import type { Instant } from '../../protocols/contract/time.ts'
import type { SigningKey } from '../evidence/signed.ts'
import { configuredKind, Configurations } from '../site/configuration.ts'
import { lookBackLong } from '../store/past.ts'
import { forms } from './forms.ts'
import { logs } from './logs.ts'
import { previewOf } from './preview.ts'
import { digestOf } from './proof-in-file.ts'
import type { Language, LogFormat, LogQuestion } from './question.ts'
import { Seal } from './seal.ts'
import type { Export } from './seal.ts'
import type { PaperSite } from './source.ts'

/** One log to be made: plain data, so that it can be handed to a thread. */
export interface LogTask {
  readonly site: PaperSite
  /** The data directory. */
  readonly folder: string
  readonly question: LogQuestion
  readonly format: LogFormat
  readonly language: Language
  /** Where it is written; must not exist yet. */
  readonly file: string
  readonly now: Instant
  readonly about: Export
  readonly key: SigningKey | undefined
  /** Rows of each section at most, for a look on a screen. */
  readonly preview?: number
}

export interface LogMade {
  readonly bytes: number
  /** Of the file, hex. */
  readonly sha256: string
  readonly damaged: number
}

/** Makes one log file from a data directory, beside the gateway that may run on it. Throws StoreTrouble, or what the disk says. */
export async function makeLog(task: LogTask): Promise<LogMade> {
  const { site, folder, question, format, language, file, now, about, key } = task
  const damaged = await lookBackLong(folder, async past => {
    const configurations = new Configurations(past.entries([configuredKind], 0 as Instant, question.to))
    const whole = logs[question.kind].make({ site, past, configurations, now }, question)
    const document = task.preview === undefined ? whole : previewOf(whole, task.preview)
    await forms[format].write(document, file, language, new Seal(about, key))
    return past.damaged
  })
  return { bytes: statSync(file).size, sha256: await digestOf(file), damaged }
}
