import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { drawingOf, largestDrawing } from '../../gateway/plans/drawing.ts'
import { cleanSvg } from '../../gateway/plans/svg.ts'
import { activeElements, drawingAttributes, drawingElements } from '../../gateway/plans/svg-vocabulary.ts'
import { markupOf, MarkupTrouble } from '../../gateway/plans/markup.ts'
import { png } from '../kit/picture.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const around = (inside: string, root = 'viewBox="0 0 40 20"'): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${root}>${inside}</svg>`
const clean = (inside: string, root?: string) => cleanSvg(bytes(around(inside, root)))
/** Two hundred and fifty-six to the power of eight shapes in a few lines. */
const laughing = Array.from(
  { length: 8 },
  (_, level) => `<g id="l${level + 1}">${`<use href="#l${level}"/>`.repeat(256)}</g>`,
).join('')

describe('a drawing as an SVG', () => {
  test('is written anew, with what draws and nothing else', () => {
    const drawn = cleanSvg(
      bytes(
        `\uFEFF<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<!-- the ground floor -->
<svg:svg xmlns:svg="http://www.w3.org/2000/svg" xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" width="210mm" height="105mm" inkscape:version="1.3">
  <svg:metadata><rdf:RDF xmlns:rdf="x"><secret/></rdf:RDF></svg:metadata>
  <inkscape:page x="0"/>
  <svg:style><![CDATA[ .wall { stroke: #000; fill: url(#hatch) } ]]></svg:style>
  <svg:g inkscape:label="walls" class="wall"><svg:path d="M0 0h10" onlooker-no=""/></svg:g>
</svg:svg>`.replace(' onlooker-no=""', ''),
      ),
    )
    expect(drawn).toMatchObject({ ok: true, width: 2_048, height: 1_024, leftOut: ['svg:metadata', 'inkscape:page'] })
    const text = drawn.ok ? drawn.text : ''
    expect(text).toBe(
      '<svg xmlns="http://www.w3.org/2000/svg" width="2048" height="1024" viewBox="0 0 793.7007874015749 396.85039370078744">' +
        '<style> .wall { stroke: #000; fill: url(#hatch) } </style><g class="wall"><path d="M0 0h10"></path></g></svg>',
    )
  })

  test('keeps words, pictures that are in it, and parts it uses; of a link it keeps what is linked', () => {
    const picture = png().toString('base64')
    const drawn = clean(
      `<text x="1">食堂 &lt;script&gt; 🍳</text><image width="4" xlink:href="data:image/png;base64,${picture}"/><a href="https://example.org"><rect id="r" width="3"/></a><use xlink:href="#r"/>`,
    )
    expect(drawn).toMatchObject({ ok: true, leftOut: ['a'] })
    const text = drawn.ok ? drawn.text : ''
    expect(text).toContain('<text x="1">食堂 &lt;script&gt; 🍳</text>')
    expect(text).toContain(`href="data:image/png;base64,${picture}"`)
    expect(text).toContain('<g><rect id="r" width="3"></rect></g><use href="#r"></use>')
    expect(text).not.toContain('example.org')
  })

  test.each([
    ['a script', '<script>alert(1)</script>', 'svg-active'],
    ['a script under another name space', '<x:script xmlns:x="http://www.w3.org/1999/xhtml">1</x:script>', 'svg-active'],
    ['a script among what is left out', '<metadata><ScRiPt/></metadata>', 'svg-active'],
    ['a web page in it', '<foreignObject><b xmlns="http://www.w3.org/1999/xhtml">x</b></foreignObject>', 'svg-active'],
    ['a handler', '<rect onclick="alert(1)"/>', 'svg-active'],
    ['a handler in capitals', '<rect ONLOAD="alert(1)"/>', 'svg-active'],
    ['a link that runs', '<a href="java&#x09;script:alert(1)"><rect/></a>', 'svg-active'],
    ['movement that sets a link that runs', '<set attributeName="href" to="javascript:alert(1)"/>', 'svg-active'],
    ['a picture elsewhere', '<image href="https://example.org/x.png"/>', 'svg-external'],
    ['a picture beside it', '<image href="//example.org/x.png"/>', 'svg-external'],
    ['an SVG as a picture in it', `<image href="data:image/svg+xml;base64,${btoa('<svg/>')}"/>`, 'svg-external'],
    ['a picture that is none', `<image href="data:image/png;base64,${btoa('<svg/>')}"/>`, 'svg-external'],
    ['a part of another file', '<use href="other.svg#x"/>', 'svg-external'],
    ['a style that reaches out', '<style>@import "https://example.org/x.css";</style>', 'svg-external'],
    [
      'a style that reaches out past a character that is not written',
      '<style>a{fill:u\u0085rl(https://example.org)}</style>',
      'svg-external',
    ],
    ['an attribute that reaches out past one', '<rect fill="u\uffferl(https://example.org)"/>', 'svg-external'],
    ['an attribute that reaches out past one by its number', '<rect fill="u&#x7f;rl(https://example.org)"/>', 'svg-external'],
    [
      'a style of characters as they are that reaches out past one',
      '<style><![CDATA[a{fill:u\u0080rl(https://example.org)}]]></style>',
      'svg-external',
    ],
    ['a style that reaches out past an element', '<style>a{fill:u<g/>rl(https://example.org)}</style>', 'svg-external'],
    ['a style that reaches out with an escape', String.raw`<style>a{fill:u\72l(https://example.org)}</style>`, 'svg-external'],
    ['a font elsewhere', '<style>@font-face{src:url("https://example.org/f")}</style>', 'svg-external'],
    ['an attribute that reaches out', '<rect fill="url(https://example.org/#x)"/>', 'svg-external'],
    ['a style attribute that reaches out', '<rect style="fill:image-set(\'https://example.org\' 1x)"/>', 'svg-external'],
    ['an entity', '<text>&xxe;</text>', 'svg-entities'],
    ['a part that is made of itself', '<g id="a"><use href="#a"/></g>', 'broken-svg'],
    ['parts that are made of each other', '<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>', 'broken-svg'],
    ['a laugh that goes on for ever', `<rect id="l0"/>${laughing}<use href="#l8"/>`, 'svg-too-much'],
    ['a well of groups', '<g>'.repeat(5_000) + '</g>'.repeat(5_000), 'svg-too-much'],
    ['an element that is not closed', '<g>', 'broken-svg'],
    ['an attribute that is there twice', '<g id="a" id="b"/>', 'broken-svg'],
    ['an attribute without quotes', '<g id=a/>', 'broken-svg'],
    ['a < in an attribute', '<g id="<"/>', 'broken-svg'],
    ['a character that is none', '<text>&#xD800;</text>', 'broken-svg'],
    ['an & that begins nothing', '<text>a & b</text>', 'broken-svg'],
    ['a comment without end', '<!-- ', 'broken-svg'],
  ])('with %s is refused', (_what, inside, why) => {
    expect(clean(inside)).toMatchObject({ ok: false, why })
  })

  test.each([
    ['entities of its own', '<!DOCTYPE svg [<!ENTITY x "y">]><svg viewBox="0 0 1 1"/>', 'svg-entities'],
    ['a declaration', '<!ELEMENT x ANY><svg viewBox="0 0 1 1"/>', 'svg-entities'],
    ['a style sheet', '<?xml-stylesheet href="x.css"?><svg viewBox="0 0 1 1"/>', 'svg-external'],
    ['no size', '<svg/>', 'svg-no-size'],
    ['a size in parts of nothing', '<svg width="100%" height="100%"/>', 'svg-no-size'],
    ['a viewBox of nothing', '<svg viewBox="0 0 0 9"/>', 'svg-no-size'],
    ['another root', '<html/>', 'svg-active'],
    ['a root of another space', '<svg xmlns="http://www.w3.org/1999/xhtml" viewBox="0 0 1 1"/>', 'broken-svg'],
    ['two roots', '<svg viewBox="0 0 1 1"/><svg viewBox="0 0 1 1"/>', 'broken-svg'],
    ['words around it', 'x<svg viewBox="0 0 1 1"/>', 'broken-svg'],
    ['nothing', '<!-- -->', 'broken-svg'],
  ])('that has %s is refused', (_what, text, why) => {
    expect(cleanSvg(bytes(text))).toMatchObject({ ok: false, why })
  })

  test('says on which line it is wrong', () => {
    expect(clean('\n\n<rect\n onclick="x"/>')).toEqual({ ok: false, why: 'svg-active', detail: 'onclick', line: 3 })
    expect(cleanSvg(new Uint8Array([0x3c, 0xff, 0xfe]))).toMatchObject({ ok: false, why: 'broken-svg' })
  })

  test('has its size from its box, else from its lengths, with its longest side the same', () => {
    expect(clean('', 'viewBox="-5, -5, 30 60" width="1" height="9"')).toMatchObject({ width: 1_024, height: 2_048 })
    expect(clean('', 'width="2in" height="96pt"')).toMatchObject({ width: 2_048, height: 1_365 })
  })

  const names = fc.constantFrom(...drawingElements, ...activeElements, 'metadata', 'filter', 'x:y', 'animate')
  const keys = fc.constantFrom(...drawingAttributes, 'onload', 'href', 'xlink:href', 'data-x', 'inkscape:label')
  const values = fc.oneof(
    fc.string(),
    fc.constantFrom('javascript:1', 'url(#a)', 'url(http://x)', '#a', 'http://x', '"><script>', 'data:text/html,x'),
    fc
      .array(fc.constantFrom('url', 'u', 'rl', '(', '@im', 'port', 'http://x', '\u0000', '\u0085', '\ufffe', '#a', ')', ' '), {
        maxLength: 8,
      })
      .map(all => all.join('')),
  )
  const xml = (text: string): string =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;').replaceAll("'", '&apos;')
  const element: fc.Arbitrary<string> = fc.letrec(tie => ({
    one: fc
      .tuple(
        names,
        fc.uniqueArray(fc.tuple(keys, values), { selector: ([key]) => key, maxLength: 4 }),
        fc.array(fc.oneof({ maxDepth: 3 }, values.map(xml), tie('one') as fc.Arbitrary<string>), { maxLength: 3 }),
      )
      .map(
        ([name, attributes, inside]) =>
          `<${name}${attributes.map(([key, value]) => ` ${key}="${xml(value)}"`).join('')}>${inside.join('')}</${name}>`,
      ),
  })).one

  test('whatever comes in, what goes out is known, points nowhere, and is what it would be again', () => {
    fc.assert(
      fc.property(element, inside => {
        const drawn = clean(inside)
        if (!drawn.ok) return
        expect(drawn.text).not.toMatch(/[\p{Cc}\ufffe\uffff]/u)
        let style: string | undefined
        for (const part of markupOf(drawn.text)) {
          if (part.is === 'text' && style !== undefined) style += part.text
          if (part.is === 'close') {
            expect(style ?? '').not.toMatch(/@import|url\s*\(\s*["']?\s*[^#"'\s)]/i)
            style = undefined
          }
          if (part.is !== 'open') continue
          expect(style).toBeUndefined()
          if (part.name === 'style') style = ''
          expect(drawingElements.has(part.name)).toBe(true)
          for (const [key, value] of part.attributes) {
            if (key === 'xmlns') continue
            if (key === 'href') expect(value).toMatch(/^(#|data:image\/(png|jpe?g);base64,)/)
            else expect(drawingAttributes.has(key)).toBe(true)
            expect(value).not.toMatch(/url\s*\(\s*["']?\s*[^#"'\s)]/i)
          }
        }
        expect(cleanSvg(bytes(drawn.text))).toEqual({ ...drawn, leftOut: [] })
      }),
      { numRuns: 500 },
    )
  })

  test('whatever the bytes are, it is read or refused and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (some, asMarkup) => {
        const given = asMarkup ? Buffer.concat([bytes('<svg viewBox="0 0 1 1">'), some]) : some
        expect(typeof drawingOf(given).ok).toBe('boolean')
      }),
      { numRuns: 1_000 },
    )
  })

  test('of eight megabytes is read in a moment, however it is made', () => {
    const much = around('<path d="M0 0"/>'.repeat(150_000))
    const aside = around(`<!--${'x'.repeat(largestDrawing - 200)}-->`)
    const spaces = around(`<g ${' '.repeat(largestDrawing - 200)}`)
    const begun = performance.now()
    expect([much, aside, spaces].map(text => cleanSvg(bytes(text)).ok)).toEqual([true, true, false])
    expect(performance.now() - begun).toBeLessThan(10_000)
  })
})

test('markup that is wrong is told with its line', () => {
  expect(() => [...markupOf('<a>\n</b>')]).toThrow(MarkupTrouble)
})

describe('a drawing as a PNG', () => {
  test('is what its bytes say, with its size', () => {
    expect(drawingOf(png(40, 20))).toMatchObject({ ok: true, type: 'image/png', width: 40, height: 20 })
  })

  const whole = png(40, 20)
  const changed = (at: number, to: number): Buffer => {
    const copy = Buffer.from(whole)
    copy[at] = to
    return copy
  }
  test.each([
    ['cut off', whole.subarray(0, whole.length - 20)],
    ['with a byte changed', changed(45, 0x55)],
    ['with a page behind its end', Buffer.concat([whole, Buffer.from('<html>')])],
    ['with another size than its checksum', changed(19, 9)],
    ['of its signature alone', whole.subarray(0, 8)],
    ['without its head', Buffer.concat([whole.subarray(0, 8), whole.subarray(33)])],
    ['without pixels', Buffer.concat([whole.subarray(0, 33), whole.subarray(-12)])],
    ['of no size', png(0, 4)],
  ])('%s is refused', (_what, given) => {
    expect(drawingOf(given)).toMatchObject({ ok: false, why: 'broken-png' })
  })

  test.each([
    ['too large', png(8_193, 1_000), 'too-many-pixels'],
    ['too narrow', png(2_000, 50), 'too-narrow'],
    ['a JPEG', Buffer.from([0xff, 0xd8, 0xff, 0xe0]), 'another-kind'],
    ['a PDF', Buffer.from('%PDF-1.7'), 'another-kind'],
    ['words', Buffer.from('a plan'), 'no-picture'],
    ['a narrow SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 1"/>'), 'too-narrow'],
    ['a page', Buffer.from('<!doctype html><title>x</title>'), 'broken-svg'],
  ])('that is %s is refused', (_what, given, why) => {
    expect(drawingOf(given)).toMatchObject({ ok: false, why })
  })
})
