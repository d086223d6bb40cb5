import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Words } from '../../protocols/contract/driver.ts'
import { instant } from '../../protocols/contract/time.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { parseTime } from '../zone.ts'
import type { Expected, Line, StoryProblem } from './story.ts'

/** Collects what is wrong with a story's files, each with its line. */
export class StoryReport {
  readonly problems: StoryProblem[] = []

  wrong(at: Line, wrong: Words, write: Words): undefined {
    this.problems.push({ at, wrong, write })
    return undefined
  }
}

export const timeIn = (raw: unknown): Instant | undefined => {
  if (typeof raw === 'number' && Number.isFinite(raw)) return instant(raw)
  return typeof raw === 'string' ? parseTime(raw, 'UTC') : undefined
}

export const noTime = (raw: unknown): { readonly wrong: Words; readonly write: Words } => ({
  wrong: { zh: `“${String(raw)}”不是时间`, en: `"${String(raw)}" is no time` },
  write: { zh: '写 2026-11-23T08:00:00+08:00', en: 'write 2026-11-23T08:00:00+08:00' },
})

/** One JSON object a line; empty lines and lines that begin with `//` are left out. */
export async function readJsonLines(file: string, report: StoryReport): Promise<readonly Expected[]> {
  if (!existsSync(file)) return []
  const lines = (await readFile(file, 'utf8')).split(/\r?\n/)
  return lines.flatMap((text, index) => {
    const line = { file, line: index + 1 }
    if (text.trim() === '' || text.trim().startsWith('//')) return []
    const fields = parsed(text)
    if (typeof fields === 'object' && fields !== null && !Array.isArray(fields))
      return [{ line, fields: fields as Expected['fields'] }]
    report.wrong(
      line,
      { zh: '这一行不是一个 JSON 对象', en: 'this line is no JSON object' },
      { zh: '写 {"at": "…", "kind": "alarm.raised", …}', en: 'write {"at": "…", "kind": "alarm.raised", …}' },
    )
    return []
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
