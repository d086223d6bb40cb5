import type { Page } from 'playwright-core'

/** What a person without a mouse, or without eyes, has of a page. */

export interface Focus {
  /** The element's name, `#id`, and the marks by which the pages know it: `row=A31`. */
  readonly is: readonly string[]
  /** Whether it can be seen that it has the focus. */
  readonly isShown: boolean
}

export async function focusOf(page: Page): Promise<Focus> {
  return page.evaluate(() => {
    const element = document.activeElement ?? document.body
    const marks = Object.entries((element as HTMLElement).dataset).map(([name, value]) => `${name}=${value}`)
    // A radio button that looks like something else shows it on its label.
    const drawn = [element, element.closest('label')].flatMap(one => (one ? [getComputedStyle(one)] : []))
    return {
      is: [element.localName, ...(element.id === '' ? [] : [`#${element.id}`]), ...marks],
      isShown: drawn.some(({ outlineStyle, outlineWidth }) => outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1),
    }
  })
}

/** Tab until it is there; the page has an end, and a focus that is lost is said to be lost. */
export async function tabTo(page: Page, selector: string, most = 120): Promise<void> {
  const wanted = page.locator(selector).first()
  await wanted.waitFor()
  for (let pressed = 0; pressed < most; pressed += 1) {
    await page.keyboard.press('Tab')
    if (await wanted.evaluate(element => element === document.activeElement)) return
  }
  throw new Error(`${selector} cannot be reached by ${most} tabs; the focus is on ${(await focusOf(page)).is.join(' ')}`)
}

/** Everything that live regions say from now on, in order: as often as a screen reader would say it. */
export async function keepHearing(page: Page): Promise<() => Promise<readonly string[]>> {
  await page.evaluate(() => {
    const heard: string[] = []
    Object.assign(window, { heard })
    const live = '[aria-live="polite"], [aria-live="assertive"], [role="status"], [role="alert"], [role="log"]'
    const spoken = (node: Node): string =>
      node.nodeType === Node.TEXT_NODE
        ? (node.textContent ?? '')
        : node instanceof Element &&
            node.getAttribute('aria-hidden') !== 'true' &&
            (node.matches('.unseen') || node.checkVisibility())
          ? [...node.childNodes].map(spoken).join('')
          : ''
    const regionOf = (node: Node): Element | null => (node instanceof Element ? node : node.parentElement)?.closest(live) ?? null
    const known = new Map<Element, string>([...document.querySelectorAll(live)].map(one => [one, spoken(one).trim()]))
    new MutationObserver(changes => {
      const regions = new Set<Element>()
      for (const { target, addedNodes } of changes) {
        const region = regionOf(target)
        if (region) regions.add(region)
        for (const node of addedNodes)
          if (node instanceof Element)
            for (const inner of [node, ...node.querySelectorAll('*')]) if (inner.matches('[role="alert"]')) regions.add(inner)
      }
      for (const region of regions) {
        const text = spoken(region).trim()
        if (text !== '' && text !== known.get(region)) heard.push(text)
        known.set(region, text)
      }
    }).observe(document.body, { childList: true, subtree: true, characterData: true })
  })
  return () => page.evaluate(() => [...(window as unknown as { heard: string[] }).heard])
}

/** Links, buttons and fields smaller than 24 px, which are neither in a line of text nor alone for 24 px around (WCAG 2.2, 2.5.8). */
export async function smallTargetsOn(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const least = 24
    const usable = 'a[href], button, summary, input, select, textarea, [role="tab"], [tabindex="0"]'
    const boxOf = (element: Element) =>
      (element.matches('[type="radio"], [type="checkbox"]')
        ? (element.closest('label') ?? element)
        : element
      ).getBoundingClientRect()
    const isInText = (element: Element) =>
      getComputedStyle(element).display === 'inline' &&
      [...(element.parentElement?.childNodes ?? [])].some(
        one => one.nodeType === Node.TEXT_NODE && (one.textContent ?? '').trim().length > 1,
      )
    const targets = [...document.querySelectorAll(usable)]
      .filter(one => one.checkVisibility({ visibilityProperty: true }) && !one.closest('.unseen, .skip'))
      .map(element => ({ element, box: boxOf(element) }))
      .filter(({ box }) => box.width > 1 && box.height > 1)
    const isSmall = (box: DOMRect) => box.width < least - 0.1 || box.height < least - 0.1
    const isAlone = ({ element, box }: (typeof targets)[number]) => {
      const [x, y] = [box.left + box.width / 2, box.top + box.height / 2]
      return targets.every(other => {
        if (other.element === element || other.element.contains(element) || element.contains(other.element)) return true
        const [across, down] = [
          Math.max(other.box.left - x, 0, x - other.box.right),
          Math.max(other.box.top - y, 0, y - other.box.bottom),
        ]
        return Math.hypot(across, down) >= least / 2
      })
    }
    return targets
      .filter(target => isSmall(target.box) && !isInText(target.element) && !isAlone(target))
      .map(
        ({ element, box }) =>
          `${element.localName}.${String(element.getAttribute('class'))} “${(element.textContent ?? '').trim().slice(0, 30)}” ${box.width.toFixed(0)}×${box.height.toFixed(0)}`,
      )
  })
}

/** What moves, or would once it changes, for longer than no time at all. */
export async function movesOn(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const lasts = (times: string) => times.split(',').some(one => Number.parseFloat(one) > 0)
    const found = [...document.querySelectorAll('*')].filter(one => {
      const { animationName, animationDuration, transitionDuration, scrollBehavior } = getComputedStyle(one)
      return (animationName !== 'none' && lasts(animationDuration)) || lasts(transitionDuration) || scrollBehavior === 'smooth'
    })
    const running = document.getAnimations().filter(one => Number(one.effect?.getComputedTiming().duration) > 0)
    return [
      ...new Set(found.map(one => `${one.localName}.${String(one.getAttribute('class'))}`)),
      ...running.map(({ id }) => `animation ${id}`),
    ]
  })
}

/** Tab by tab through the page: what had the focus and could not be seen at all, or did not show that it had it. */
export async function walkByTab(page: Page, back = false, most = 30): Promise<readonly string[]> {
  const hidden = new Set<string>()
  for (let pressed = 0; pressed < most; pressed += 1) {
    await page.keyboard.press(back ? 'Shift+Tab' : 'Tab')
    const wrong = await page.evaluate(() => {
      const element = document.activeElement
      if (!element || element === document.body) return 'end'
      const label = element.matches('[type="radio"], [type="checkbox"]') ? element.closest('label') : null
      const drawn = label ?? element
      const box = drawn.getBoundingClientRect()
      const name = `${element.localName}.${String(element.getAttribute('class'))} “${(element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 30)}”`
      const [left, right] = [Math.max(0, box.left), Math.min(innerWidth, box.right)]
      const [top, bottom] = [Math.max(0, box.top), Math.min(innerHeight, box.bottom)]
      if (right <= left || bottom <= top) return `outside the window: ${name}`
      const isSeen = [0.1, 0.5, 0.9].some(down =>
        [0.05, 0.5, 0.95].some(across => {
          const at = document.elementFromPoint(left + (right - left) * across, top + (bottom - top) * down)
          return at !== null && (drawn.contains(at) || at.contains(drawn))
        }),
      )
      if (!isSeen) return `covered: ${name}`
      const shows = [element, ...(label ? [label] : [])]
        .map(one => getComputedStyle(one))
        .some(({ outlineStyle, outlineWidth }) => outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1)
      return shows ? '' : `shows no focus: ${name}`
    })
    if (wrong === 'end') break
    if (wrong !== '') hidden.add(wrong)
  }
  return [...hidden]
}
