import type { LogDocument } from '../document.ts'
import type { Language } from '../question.ts'
import type { Seal } from '../seal.ts'

export async function writeXlsx(_document: LogDocument, _file: string, _language: Language, _seal: Seal): Promise<void> {
  throw new Error('not written yet')
}
