/** The words of the page about oneself that no other page needs; loaded with it. */
import type { Language } from '../words/say.ts'

const zh = {
  contrast: '对比度',
  more: '高对比',
  gallery: '界面样例',
}

const en: typeof zh = {
  contrast: 'Contrast',
  more: 'High contrast',
  gallery: 'Samples of the interface',
}

export const meWords: Readonly<Record<Language, typeof zh>> = { zh, en }
