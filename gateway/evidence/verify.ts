import { openArchive } from './archive.ts'
import { checkLog } from './log-check.ts'
import { checkPack } from './pack-check.ts'
import { noVerdict, whatIsIt, Wrong } from './verdict.ts'
import type { Bytes, Given, Verdict } from './verdict.ts'
import { checkWholeFile } from './whole-file-check.ts'

/** Any file that the gateway has made, offline: says what it is, whether it is as it was made, and if not what the first difference is. */
export async function verifyFile(name: string, bytes: Bytes, given: Given): Promise<Verdict> {
  const what = await whatIsIt(name, bytes)
  if (what === 'json' || what === 'csv') return checkLog(what, name, bytes, given)
  if (what === 'pdf') return checkWholeFile(what, name, bytes, given)
  if (what === 'zip') {
    try {
      const archive = await openArchive(bytes)
      if (archive.names.includes('manifest.json')) return await checkPack(name, archive, given, verifyFile)
      if (archive.names.includes('xl/workbook.xml')) return await checkWholeFile('xlsx', name, bytes, given)
    } catch (error) {
      if (!(error instanceof Wrong)) throw error
      return { ...noVerdict, what: /\.xlsx$/i.test(name) ? 'xlsx' : 'pack', name, finding: error.finding }
    }
  }
  const say = {
    zh: '不是值守导出的记录，或开头被改过',
    en: 'this is no record that Zhishou has exported, or its beginning was altered',
  }
  return { ...noVerdict, what: 'unknown', name, finding: { kind: 'foreign', place: name, say } }
}
