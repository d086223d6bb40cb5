/** The words of the pages about connections and of the wizard; loaded with them alone. */
import type { Language } from '../words/say.ts'
import { en } from './lines-en-words.ts'
import { zh } from './lines-zh-words.ts'
import type { LinesWords } from './lines-zh-words.ts'

export type { LinesWords } from './lines-zh-words.ts'
export const linesWords: Readonly<Record<Language, LinesWords>> = { zh, en }
