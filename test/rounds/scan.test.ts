import fc from 'fast-check'
import jsqr from 'jsqr'
import { describe, expect, test } from 'vitest'
import { judgeScan, judgeTyped } from '../../dashboard/src/live/scan/judge.ts'
import type { Known } from '../../dashboard/src/live/scan/judge.ts'
import { readPixels } from '../../dashboard/src/live/scan/decode.ts'
import { readLabel } from '../../dashboard/src/live/scan/label.ts'
import { drawQr } from '../../gateway/rounds/qr.ts'
import { codeOf } from '../../gateway/rounds/route.ts'
import { pictureOf } from '../kit/qr-picture.ts'

const id = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,63}$/)
const base = fc.constantFrom('https://zhishou.example.org', 'http://192.168.1.20:8080', 'http://[fd00::7]:8080', 'https://x.cn/')
const addressed = (of: string, path: string): string => of.replace(/\/$/, '') + path

describe('a label of equipment', () => {
  test('is read as what was printed, with an address and without', () => {
    fc.assert(
      fc.property(base, id, id, (of, site, equipment) => {
        const is = { is: 'equipment', site, equipment }
        expect(readLabel(addressed(of, `/e/${site}/${equipment}`))).toEqual(is)
        expect(readLabel(`${site}/${equipment}`)).toEqual(is)
      }),
    )
  })

  test('is drawn so that two readers nobody here wrote read it, ours at every size and turn, in dust and dusk', () => {
    fc.assert(
      fc.property(
        base,
        id,
        id,
        fc.record({
          dots: fc.constantFrom(3, 4, 6),
          turned: fc.double({ min: 0, max: 2 * Math.PI, noNaN: true }),
          noise: fc.constantFrom(0, 30, 60),
          light: fc.constantFrom(1, 0.5),
        }),
        (of, site, equipment, { dots, turned, noise, light }) => {
          const text = addressed(of, `/e/${site.slice(0, 24)}/${equipment.slice(0, 24)}`)
          const drawing = drawQr(text)
          const width = Math.ceil(drawing.size * dots * 1.5)
          // A camera looks many times a second, and no hand is quite still: one of the first looks must do, and none may say another thing.
          const looks = [0, 1, 2, 3].map(look => {
            const view = { width: width + look, height: width, dots, turned: turned + look / 50, noise, light, look }
            return readPixels(pictureOf(drawing, view))
          })
          expect(new Set(looks.filter(read => read !== undefined))).toEqual(new Set([text]))
          const straight = pictureOf(drawing, { width, height: width, dots })
          expect(jsqr.default(straight.data, width, width)?.data).toBe(text)
        },
      ),
      { numRuns: 30 },
    )
  })

  test('that holds the longest names there can be is read, too', () => {
    const text = `https://${'long.'.repeat(30)}example.org/e/${'s'.repeat(64)}/${'e'.repeat(64)}`
    const drawing = drawQr(text)
    expect(readPixels(pictureOf(drawing, { width: 720, height: 720, dots: 6, turned: 0.4 }))).toBe(text)
  })

  test('leaves nothing to be read in a picture without one', () => {
    expect(readPixels({ data: new Uint8ClampedArray(64 * 64 * 4).fill(200), width: 64, height: 64 })).toBeUndefined()
    const hidden = pictureOf(drawQr('https://school.example/e/a/b'), { width: 400, height: 400, dots: 0.6, noise: 60 })
    expect(readPixels(hidden)).toBeUndefined()
  })
})

describe('a label of a check-point', () => {
  test('is known by its code, with an address and without', () => {
    fc.assert(
      fc.property(base, fc.uint8Array({ minLength: 8, maxLength: 8 }), (of, bytes) => {
        const code = codeOf(bytes)
        const bare = code.replace('-', '')
        const { host } = new URL(of)
        expect(readLabel(addressed(of, `/c/${code}`))).toEqual({ is: 'check-point', code: bare, host })
        expect(readLabel(code)).toEqual({ is: 'check-point', code: bare, host: undefined })
      }),
    )
  })
})

const here: Known = {
  site: { id: 'greenhill', equipment: new Set(['cold-1', 'tank-1', 'freezer-12', 'lab--2']) },
  host: '10.0.0.9:8080',
}
const away: Known = { ...here, site: undefined }

describe('what was scanned', () => {
  test.each([
    ['http://10.0.0.9:8080/e/greenhill/cold-1', { is: 'equipment', equipment: 'cold-1' }],
    // The same site may be reached by another address.
    ['https://zhishou.example.org/e/greenhill/cold-1/', { is: 'equipment', equipment: 'cold-1' }],
    [' greenhill/tank-1\n', { is: 'equipment', equipment: 'tank-1' }],
    ['http://10.0.0.9:8080/equipment/cold-1', { is: 'equipment', equipment: 'cold-1' }],
    ['HTTP://10.0.0.9:8080/equipment/cold-1?from=poster#top', { is: 'equipment', equipment: 'cold-1' }],
    ['http://10.0.0.9:8080/c/7f3k-9qpm', { is: 'check-point', code: '7F3K9QPM', host: undefined }],
    ['https://other.example/c/7F3K-9QPM', { is: 'check-point', code: '7F3K9QPM', host: 'other.example' }],
  ])('as %j is followed', (text, verdict) => {
    expect(judgeScan(text, here)).toEqual(verdict)
  })

  test.each([
    ['https://zhishou.example.org/e/hillside/cold-1', { is: 'other-site', site: 'hillside', here: 'greenhill' }],
    ['http://10.0.0.9:8080/e/greenhill/cold-9', { is: 'no-equipment', equipment: 'cold-9' }],
    ['http://10.0.0.9:8080/equipment/cold-9', { is: 'no-equipment', equipment: 'cold-9' }],
    ['https://other.example/equipment/cold-1', { is: 'address', host: 'other.example', isOurs: false }],
    ['http://10.0.0.9:8080/logs/temperature', { is: 'address', host: '10.0.0.9:8080', isOurs: true }],
    ['https://evil.example/%E0%A4%A/x', { is: 'address', host: 'evil.example', isOurs: false }],
    ['http://', { is: 'text', text: 'http://' }],
    ['WIFI:T:WPA;S:canteen;P:secret;;', { is: 'text', text: 'WIFI:T:WPA;S:canteen;P:secret;;' }],
    ['javascript:alert(1)', { is: 'text', text: 'javascript:alert(1)' }],
    ['<script>alert(1)</script>', { is: 'text', text: '<script>alert(1)</script>' }],
    ['Greenhill/Cold-1', { is: 'text', text: 'Greenhill/Cold-1' }],
  ])('as %j is refused with its reason', (text, why) => {
    expect(judgeScan(text, here)).toEqual({ is: 'refused', why })
  })

  test('waits for the gateway where only that knows what equipment there is', () => {
    expect(judgeScan('greenhill/cold-1', away)).toEqual({ is: 'later', equipment: 'cold-1' })
    expect(judgeTyped('cold-1', away)).toEqual({ is: 'later', equipment: 'cold-1' })
    expect(judgeScan('http://10.0.0.9:8080/c/7F3K-9QPM', away)).toMatchObject({ is: 'check-point' })
  })

  test('never leads out of the page, whatever stands in the code', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl({ withFragments: true, withQueryParameters: true })), text => {
        const verdict = judgeScan(text, here)
        if (verdict.is === 'equipment') expect(here.site?.equipment.has(verdict.equipment)).toBe(true)
        if (verdict.is === 'check-point') expect(verdict.code).toMatch(/^[0-9A-Z]{8,16}$/)
      }),
    )
  })
})

describe('what was typed', () => {
  test.each([
    ['cold-1', { is: 'equipment', equipment: 'cold-1' }],
    [' COLD 1 ', { is: 'equipment', equipment: 'cold-1' }],
    ['lab--2', { is: 'equipment', equipment: 'lab--2' }],
    ['cold - 1', { is: 'equipment', equipment: 'cold-1' }],
    ['Cold – 1', { is: 'equipment', equipment: 'cold-1' }],
    ['ｃｏｌｄ－１', { is: 'equipment', equipment: 'cold-1' }],
    // It could be a code as well, and is the name of something here.
    ['freezer-12', { is: 'equipment', equipment: 'freezer-12' }],
    ['7f3k 9qpm', { is: 'check-point', code: '7F3K9QPM', host: undefined }],
    ['http://10.0.0.9:8080/e/greenhill/cold-1', { is: 'equipment', equipment: 'cold-1' }],
    ['cold-9', { is: 'refused', why: { is: 'nothing-like-it', text: 'cold-9' } }],
    ['1 号保鲜柜', { is: 'refused', why: { is: 'nothing-like-it', text: '1 号保鲜柜' } }],
  ])('as %j is understood', (text, verdict) => {
    expect(judgeTyped(text, here)).toEqual(verdict)
  })
})
