import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Said } from '../../gateway/api/wire.ts'
import { en } from '../../dashboard/src/words/en.ts'
import { dress } from '../../dashboard/src/words/hant/dress.ts'
import { field } from '../../dashboard/src/words/hant/field.ts'
import { hantBy } from '../../dashboard/src/words/hant/hant.ts'
import { pick } from '../../dashboard/src/words/say.ts'
import type { Dictionary } from '../../dashboard/src/words/say.ts'
import { tongues } from '../../dashboard/src/words/tongues.ts'
import type { Tongue } from '../../dashboard/src/words/tongues.ts'
import { zh } from '../../dashboard/src/words/zh.ts'
import { root } from '../kit/product.ts'

/** The words a page speaks, from its own dictionaries: whoever renames a button need not rename it here. */
export interface Spoken {
  readonly t: Dictionary
  readonly say: (said: Said) => string
}

const convert = hantBy(readFileSync(join(root, 'dashboard/src/words/hant/table.txt'), 'utf8'), field)

export function spokenIn(tongue: Tongue): Spoken {
  const { language } = tongues[tongue]
  const inScript = <T>(value: T): T => (tongue === 'zh-Hant' ? dress(value, convert) : value)
  return { t: inScript(language === 'en' ? en : zh), say: said => inScript(pick(said, language)) }
}
