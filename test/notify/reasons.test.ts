import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { reasonInWords, spared, unsendable } from '../../gateway/notify/reasons.ts'
import { root } from '../kit/product.ts'

describe('why a notice did not go out', () => {
  test('is said in both languages, in whichever it was written down', () => {
    for (const words of [...Object.values(spared), ...Object.values(unsendable)]) {
      expect(reasonInWords(words.zh)).toEqual(words)
      expect(reasonInWords(words.en)).toEqual(words)
    }
    expect(reasonInWords('no answer within 10 s')).toEqual({ zh: '10 秒内没有应答', en: 'no answer within 10 s' })
    expect(reasonInWords('no broker took it')).toEqual({ zh: '没有 MQTT 服务器收下', en: 'no broker took it' })
  })

  test('is left as the other side said it where it is not ours', () => {
    expect(reasonInWords('550 mailbox unavailable')).toBeUndefined()
    expect(reasonInWords('')).toBeUndefined()
  })

  test('is known for what channels really write, and for nothing they no longer do', () => {
    const folder = join(root, 'gateway')
    const others = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.ts') && !name.endsWith('notify/reasons.ts'))
      .map(name => readFileSync(join(folder, name), 'utf8'))
      .join('\n')
    const reasons = readFileSync(join(folder, 'notify/reasons.ts'), 'utf8')
    const ofChannels = reasons.slice(reasons.indexOf('const ofChannels'), reasons.indexOf('const known'))
    const english = [...ofChannels.matchAll(/say\('[^']*', '([^']*)'\)/g)].map(([, en]) => en ?? '')
    expect(english.length).toBeGreaterThan(5)
    expect(english.filter(en => !others.includes(en))).toEqual([])
  })
})
