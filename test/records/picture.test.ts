import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Browser } from 'playwright-core'
import { pictureOf } from '../../gateway/records/picture.ts'
import { openBrowser } from '../kit/browser.ts'
import { png } from '../kit/picture.ts'

/** Pictures as a browser writes them: an encoder nobody here wrote. */
let browser: Browser
const drawn = new Map<string, Buffer>()
const sizes = [
  [1, 1],
  [640, 480],
  [1600, 1200],
] as const
beforeAll(async () => {
  browser = await openBrowser()
  const page = await browser.newPage()
  for (const type of ['image/jpeg', 'image/png', 'image/webp'])
    for (const [width, height] of sizes) {
      const url = await page.evaluate(
        ([of, w, h]) => {
          const canvas = document.createElement('canvas')
          canvas.width = w
          canvas.height = h
          const context = canvas.getContext('2d')
          if (!context) return ''
          for (let i = 0; i < 200; i += 1) {
            context.fillStyle = `hsl(${(i * 37) % 360} 80% 50%)`
            context.fillRect((i * 97) % w, (i * 61) % h, 90, 70)
          }
          return canvas.toDataURL(of, 0.8)
        },
        [type, width, height] as const,
      )
      drawn.set(`${type} ${width}×${height}`, Buffer.from(url.split(',')[1] ?? '', 'base64'))
    }
})
afterAll(() => browser.close())

describe('a picture', () => {
  test.each(['image/jpeg', 'image/png', 'image/webp'])('of a browser is known as %s with its size', type => {
    for (const [width, height] of sizes)
      expect(pictureOf(drawn.get(`${type} ${width}×${height}`) ?? Buffer.alloc(0))).toEqual({ type, width, height })
  })

  test('with anything behind its end is none: a page or an archive may hide there', () => {
    for (const bytes of drawn.values())
      for (const tail of ['<script>alert(1)</script>', 'PK\u0003\u0004', '\0'])
        expect(pictureOf(Buffer.concat([bytes, Buffer.from(tail, 'latin1')]))).toBeUndefined()
    const jpeg = drawn.get('image/jpeg 640×480') ?? Buffer.alloc(0)
    // A second end after the hidden part does not help.
    expect(pictureOf(Buffer.concat([jpeg, Buffer.from('<script>', 'latin1'), Buffer.from([0xff, 0xd9])]))).toBeUndefined()
  })

  test('that was cut off anywhere is none', () => {
    for (const [name, bytes] of drawn)
      for (let part = 0; part < 60; part += 1)
        expect([name, pictureOf(bytes.subarray(0, Math.floor((bytes.length * part) / 60)))]).toEqual([name, undefined])
  })

  test('that claims a size no browser survives is none', () => {
    const bomb = png()
    bomb.writeUInt32BE(60_000, 16)
    bomb.writeUInt32BE(60_000, 20)
    expect(pictureOf(bomb)).toBeUndefined()
    const nothing = png()
    nothing.writeUInt32BE(0, 16)
    expect(pictureOf(nothing)).toBeUndefined()
  })

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['a page', Buffer.from('<!doctype html><script>alert(1)</script>')],
    ['a drawing with a script', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')],
    ['a GIF', Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')],
    ['a page that begins like a JPEG', Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.from(`<html>${'x'.repeat(99)}`)])],
    [
      'a page inside the marks of a JPEG',
      Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(99, 60), Buffer.from([0xff, 0xd9])]),
    ],
    ['an archive', Buffer.from(`PK\u0003\u0004${'\0'.repeat(99)}`, 'latin1')],
    ['sound in the same box as WebP', Buffer.from(`RIFF\u0058\0\0\0WAVEfmt ${'\0'.repeat(80)}`, 'latin1')],
  ])('is never %s', (_, bytes) => {
    expect(pictureOf(bytes)).toBeUndefined()
  })

  test('is looked for in any bytes without a fault', () => {
    const heads = [Buffer.alloc(0), ...[...drawn.values()].map(bytes => bytes.subarray(0, 64))]
    fc.assert(
      fc.property(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 300 }), fc.nat(63), (head, noise, cut) => {
        pictureOf(Buffer.concat([head.subarray(0, cut), noise]))
      }),
      { numRuns: 3_000 },
    )
  })
})
