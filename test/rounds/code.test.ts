import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import jsqr from 'jsqr'
import { describe, expect, test } from 'vitest'
import { drawQr } from '../../gateway/rounds/qr.ts'
import type { QrDrawing } from '../../gateway/rounds/qr.ts'
import { codeOf, isEasyCode, readCode, sayCode } from '../../gateway/rounds/route.ts'

describe('a code', () => {
  test.each([
    ['7F3K-9QPM', '7F3K9QPM'],
    ['7f3k 9qpm', '7F3K9QPM'],
    [' 7f3k–9qpm ', '7F3K9QPM'],
    ['７Ｆ３Ｋ９ＱＰＭ', '7F3K9QPM'],
    ['oOiIlL88', '00111188'],
    ['12345', undefined],
    ['7F3K9QPM7F3K9QPM7', undefined],
    ['7F3K/9QPM', undefined],
    ['大门大门大门大门', undefined],
    ['', undefined],
  ])('typed as "%s" is %s', (typed, code) => {
    expect(readCode(typed)).toBe(code)
  })

  test('made of random bytes is read as it is printed, and nobody guesses it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), bytes => {
        const code = codeOf(bytes)
        expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/)
        expect(sayCode(readCode(code) ?? '')).toBe(code)
      }),
    )
    expect(['AAAAAAAA', '12345678', 'ABCDEFGH', '11112222', 'ABABABAB'].map(isEasyCode)).toEqual([true, true, true, true, true])
    expect(isEasyCode(readCode('7F3K-9QPM') ?? '')).toBe(false)
  })
})

/** Drawn as a printer draws it, three dots to a square. */
function pixelsOf({ size, path }: QrDrawing): { readonly data: Uint8ClampedArray; readonly width: number } {
  const dots = 3
  const width = size * dots
  const data = new Uint8ClampedArray(width * width * 4).fill(255)
  for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let row = Number(y) * dots; row < (Number(y) + 1) * dots; row++)
      for (let column = Number(x) * dots; column < (Number(x) + Number(run)) * dots; column++)
        data.fill(0, (row * width + column) * 4, (row * width + column) * 4 + 3)
  }
  return { data, width }
}

describe('a QR code', () => {
  test.each(['7F3K-9QPM', 'https://zhishou.example.org/c/7F3K-9QPM', 'http://192.168.1.20:8080/c/4XW2-T8RB'])(
    'of %s is read back by a reader nobody here wrote',
    text => {
      const { data, width } = pixelsOf(drawQr(text))
      expect(jsqr.default(data, width, width)?.data).toBe(text)
    },
  )

  test('of any code is read back', () => {
    for (let n = 0; n < 25; n++) {
      const text = `https://school.example/c/${codeOf(randomBytes(8))}`
      const { data, width } = pixelsOf(drawQr(text))
      expect(jsqr.default(data, width, width)?.data).toBe(text)
    }
  })
})
