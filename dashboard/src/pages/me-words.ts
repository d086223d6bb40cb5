/** The words of the page about oneself that no other page needs; loaded with it. */
import type { Language } from '../words/say.ts'

const zh = {
  contrast: '对比度',
  more: '高对比',
  gallery: '界面样例',
  help: '帮助与导览',
  keys: '单键快捷键',
  keysHint: '报警页的 j、k、a、s 等。用语音输入，或常会误按的，可以关掉。',
}

const en: typeof zh = {
  contrast: 'Contrast',
  more: 'High contrast',
  gallery: 'Samples of the interface',
  help: 'Help and tour',
  keys: 'Single keys',
  keysHint: 'j, k, a, s and so on, on the alarm page. Switch them off when you speak to the computer or press them by accident.',
}

export const meWords: Readonly<Record<Language, typeof zh>> = { zh, en }
