/** What a reader can choose. 繁體中文 is said with the Chinese dictionary, in other characters. */
import type { Language } from './say.ts'

export type Tongue = 'zh' | 'zh-Hant' | 'en'

interface Spoken {
  /** Whose words it says. */
  readonly language: Language
  /** Each language is called by its own name, whatever the page speaks. */
  readonly name: string
  /** What the page says of itself: `lang` and `accept-language`. */
  readonly tag: string
  /** Whose dates and times. */
  readonly locale: string
}

export const tongues: Readonly<Record<Tongue, Spoken>> = {
  zh: { language: 'zh', name: '简体中文', tag: 'zh-CN', locale: 'zh-CN' },
  'zh-Hant': { language: 'zh', name: '繁體中文', tag: 'zh-Hant', locale: 'zh-Hant-HK' },
  en: { language: 'en', name: 'English', tag: 'en', locale: 'en-GB' },
}

export const tongueNames: readonly Tongue[] = ['zh', 'zh-Hant', 'en']
export const isTongue = (name: string | null): name is Tongue => tongueNames.some(tongue => tongue === name)

/** The first of what a browser asks for that we can say. */
export function firstKnown(wanted: readonly string[]): Tongue {
  for (const tag of wanted) {
    const [language, ...parts] = tag.toLowerCase().split('-')
    if (language === 'en') return 'en'
    if (language !== 'zh') continue
    if (parts.includes('hans')) return 'zh'
    return ['hant', 'tw', 'hk', 'mo'].some(part => parts.includes(part)) ? 'zh-Hant' : 'zh'
  }
  return 'en'
}
