import type { Page } from 'playwright-core'

/** What stands on a screen: every text that can be seen or is read aloud, and whatever of it does not fit. Runs in the page. */

export interface ScreenText {
  readonly text: string
  /** Where it stands: `button.primary`, or the attribute it is in. */
  readonly where: string
}

/** Texts and attributes of everything that is drawn, except what says itself to be of another language or no language: code, typed fields. */
export async function textsOn(page: Page): Promise<readonly ScreenText[]> {
  return page.evaluate(() => {
    const other = (element: Element) => {
      const named = element.closest('[lang]')
      return (
        (named !== null && named !== document.documentElement && named.getAttribute('lang') !== document.documentElement.lang) ||
        // What was read aloud a moment ago is not said again because the language changed.
        element.closest('code, pre, script, style, noscript, .hex, .uplot, .unseen[aria-live], .unseen[role=log]') !== null
      )
    }
    const nameOf = (element: Element) => `${element.tagName.toLowerCase()}.${String(element.getAttribute('class') ?? '')}`
    const seen = (element: Element) =>
      element.closest('option') ? (element.closest('select')?.checkVisibility() ?? false) : element.checkVisibility()
    const found: { text: string; where: string }[] = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement
      const text = node.textContent?.trim() ?? ''
      if (text !== '' && element && seen(element) && !other(element)) found.push({ text, where: nameOf(element) })
    }
    for (const element of document.querySelectorAll('[aria-label], [title], [placeholder], [alt]')) {
      if (!seen(element) || other(element)) continue
      for (const attribute of ['aria-label', 'title', 'placeholder', 'alt']) {
        const text = element.getAttribute(attribute)?.trim() ?? ''
        if (text !== '') found.push({ text, where: `${nameOf(element)}[${attribute}]` })
      }
    }
    found.push({ text: document.title, where: 'title' })
    return found
  })
}

/** What does not fit: the page scrolls sideways, a text is cut with nothing to show it, two texts lie on each other. */
export async function misfitsOn(page: Page): Promise<readonly string[]> {
  return page.evaluate(async () => {
    await new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))
    interface Style {
      readonly clips: boolean
      readonly scrolls: boolean
      readonly ellipsis: boolean
      readonly layered: boolean
      readonly box: DOMRect
    }
    const known = new Map<Element, Style>()
    const styleOf = (element: Element): Style => {
      const before = known.get(element)
      if (before) return before
      const { overflowX, overflowY, textOverflow, position, webkitLineClamp, clipPath } = getComputedStyle(element)
      const style = {
        clips: [overflowX, overflowY].some(one => one === 'hidden' || one === 'clip') || clipPath !== 'none',
        scrolls: [overflowX, overflowY].some(one => one === 'auto' || one === 'scroll'),
        ellipsis: textOverflow === 'ellipsis' || webkitLineClamp !== 'none',
        layered: position === 'fixed' || position === 'sticky' || position === 'absolute',
        box: element.getBoundingClientRect(),
      }
      known.set(element, style)
      return style
    }
    const nameOf = (element: Element) =>
      `${element.tagName.toLowerCase()}.${String(element.getAttribute('class') ?? '').replace(/\s*svelte-\w+/g, '')}`
    const wrong: string[] = []
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth
    if (wide > 1) {
      const widest = [...document.body.querySelectorAll('*')]
        .filter(one => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && one.checkVisibility())
        .map(one => `${nameOf(one)} “${(one.textContent ?? '').trim().slice(0, 30)}”`)
      wrong.push(`the page scrolls sideways by ${wide}: ${widest.slice(0, 3).join(', ')}`)
    }

    interface Drawn {
      readonly node: Node
      readonly text: string
      readonly layer: Element | null
      readonly left: number
      readonly right: number
      readonly top: number
      readonly bottom: number
    }
    const drawn: Drawn[] = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const range = document.createRange()
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const text = node.textContent?.trim() ?? ''
      const element = node.parentElement
      if (text === '' || !element?.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue
      if (element.closest('option, select, script, style, .unseen, .uplot')) continue
      range.selectNodeContents(node)
      for (const rect of range.getClientRects()) {
        let { left, right, top, bottom } = rect
        let layer: Element | null = null
        let free = false
        for (let above: Element | null = element; above && above !== document.body; above = above.parentElement) {
          const style = styleOf(above)
          if (style.scrolls) free = true
          if (style.clips || style.scrolls) {
            // What has no room at all is left out as a whole, which is not cut.
            const isSeen = left < style.box.right - 1 && right > style.box.left + 1 && top < style.box.bottom - 3
            // The room above and below large letters is larger than their line.
            const isCut =
              isSeen &&
              (right > style.box.right + 1.5 ||
                left < style.box.left - 1.5 ||
                bottom > style.box.bottom + Math.max(4, (rect.bottom - rect.top) * 0.12))
            // One pixel high or wide: only read aloud.
            const isHidden = style.box.width <= 1 || style.box.height <= 1
            if (isHidden) left = right
            else if (isCut && !free && !style.scrolls && right - left > 1) {
              const told =
                above.closest('[title]')?.getAttribute('title') ?? element.closest('[title]')?.getAttribute('title') ?? ''
              if (!style.ellipsis || told === '')
                wrong.push(`cut off: ${nameOf(element)} “${text.slice(0, 40)}” in ${nameOf(above)}`)
            }
            left = Math.max(left, style.box.left)
            right = Math.min(right, style.box.right)
            top = Math.max(top, style.box.top)
            bottom = Math.min(bottom, style.box.bottom)
          }
          if (style.layered) {
            layer = above
            break
          }
        }
        if (right - left > 1 && bottom - top > 1) drawn.push({ node, text, layer, left, right, top, bottom })
      }
    }
    drawn.sort((a, b) => a.top - b.top)
    for (const [place, one] of drawn.entries()) {
      for (let next = place + 1; next < drawn.length; next++) {
        const other = drawn[next]
        if (!other || other.top >= one.bottom - 3) break
        if (other.node === one.node || other.layer !== one.layer) continue
        const across = Math.min(one.right, other.right) - Math.max(one.left, other.left)
        const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top)
        if (across > 2 && down > Math.min(one.bottom - one.top, other.bottom - other.top) * 0.35)
          wrong.push(
            `on each other: “${one.text.slice(0, 30)}” and “${other.text.slice(0, 30)}” in ${nameOf(other.node.parentElement as Element)}`,
          )
      }
    }
    return [...new Set(wrong)]
  })
}

/** Things to press that lie on each other, so that a finger meant for one meets the other. What floats above the page is another layer. */
export async function crowdedOn(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const layerOf = (element: Element): Element | null => {
      for (let above: Element | null = element; above && above !== document.body; above = above.parentElement)
        if (['fixed', 'sticky', 'absolute'].includes(getComputedStyle(above).position)) return above
      return null
    }
    const nameOf = (element: Element) =>
      `${element.tagName.toLowerCase()} “${(element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 30)}”`
    const controls = [
      ...document.querySelectorAll('a[href], button, input, select, textarea, summary, [role=button], [role=slider]'),
    ]
      .filter(one => one.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !one.closest('.unseen'))
      .map(element => ({ element, box: element.getBoundingClientRect(), layer: layerOf(element) }))
      .filter(({ box }) => box.width > 2 && box.height > 2)
      .toSorted((a, b) => a.box.top - b.box.top)
    const wrong: string[] = []
    for (const [place, one] of controls.entries())
      for (const other of controls.slice(place + 1)) {
        if (other.box.top >= one.box.bottom - 2) break
        if (other.layer !== one.layer || one.element.contains(other.element) || other.element.contains(one.element)) continue
        const across = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left)
        const down = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top)
        if (across > 2 && down > 2) wrong.push(`${nameOf(one.element)} lies on ${nameOf(other.element)}`)
      }
    return wrong
  })
}

/** Words of four letters and more become 40 % longer where they stand, as they would in German or Finnish; `false` takes it back. */
export async function lengthen(page: Page, on = true): Promise<void> {
  await page.evaluate(longer => {
    const kept = ((window as unknown as { kept?: Map<Node, string> }).kept ??= new Map())
    for (const [node, text] of kept) if (node.textContent?.includes('ë')) node.textContent = text
    kept.clear()
    if (!longer) return
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.parentElement?.closest('code, pre, script, style, [lang]:not(html), .user')) continue
      const text = node.textContent ?? ''
      const long = text.replace(
        /(?<![\w.@/:-])[A-Za-z’]{4,}(?![\w@/:-])/g,
        word => word + 'ë'.repeat(Math.ceil(word.length * 0.4)),
      )
      if (long === text) continue
      kept.set(node, text)
      node.textContent = long
    }
  }, on)
}
