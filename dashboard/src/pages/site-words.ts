/** The words of the page that edits the site; loaded with it alone. */
import type { Language } from '../words/say.ts'
import { en } from './site-en-words.ts'
import { zh } from './site-zh-words.ts'
import type { SiteWords } from './site-zh-words.ts'

export type { SiteWords } from './site-zh-words.ts'
export const siteWords: Readonly<Record<Language, SiteWords>> = { zh, en }
