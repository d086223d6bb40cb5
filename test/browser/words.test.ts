import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { tongueNames, tongues } from '../../dashboard/src/words/tongues.ts'
import type { Tongue } from '../../dashboard/src/words/tongues.ts'
import type { Place } from '../../dashboard/src/router.svelte.ts'
import { openBrowser } from '../kit/browser.ts'
import { facility, password, person } from '../kit/product.ts'
import type { Facility, Product } from '../kit/product.ts'
import { lengthen, misfitsOn, textsOn } from '../kit/screen.ts'
import { onlySimplified } from '../dashboard/said.ts'

/**
 * Every page of the running demo school in every language, on a phone, a desk and a wall screen: nothing untranslated, nothing that does not
 * fit. A page is opened once; the language is chosen and the window resized in place.
 */
const minute = 60_000
const sizes = [
  { width: 1280, height: 900 },
  { width: 360, height: 780 },
  { width: 1920, height: 1080 },
] as const

/** What a person of the school wrote: it stays in the characters it was written in. */
const written = '门没关严，已经关好，请后勤再看一下软件设置'
const reporter = '范后丽'
/** Their names stay too. */
let people: readonly string[] = []
/** Names of things that only this site has: accounts, lines, channels, policies. */
let free: ReadonlySet<string> = new Set()
/** What the cabinet whose door is open is called in either language. */
let cabinet: readonly string[] = []

let works: Facility
let gateway: Product
let browser: Browser
let context: BrowserContext
let page: Page
let visits: Readonly<Record<Place['page'], readonly string[]>>
const errors: string[] = []

beforeAll(async () => {
  works = await facility()
  browser = await openBrowser()
  gateway = await works.start(['--speed', '300'])
  visits = await seed(gateway.address)
  context = await browser.newContext({ locale: 'en-GB', viewport: sizes[0], reducedMotion: 'reduce' })
  page = await context.newPage()
  page.setDefaultTimeout(20_000)
  page.on('pageerror', error => errors.push(error.message))
  page.on('dialog', () => errors.push('a dialog opened'))
  await context.request.post(`${gateway.address}/api/v1/session`, {
    headers: { origin: gateway.address },
    data: { username: 'admin', password },
  })
}, 3 * minute)

afterAll(async () => {
  await browser?.close()
  await works?.remove()
}, minute)

/** A school in which something is happening: a door is open, somebody has answered, something is broken. */
async function seed(address: string): Promise<typeof visits> {
  const api = await person(address)
  const must = async (method: string, path: string, body?: unknown) => {
    const answer = await api.send(method, path, body)
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return (await answer.json().catch(() => ({}))) as Record<string, unknown>
  }
  for (const [equipment, fault] of [
    ['cold-1', 'door-left-open'],
    ['freezer-1', 'door-left-open'],
  ] as const)
    await must('POST', '/api/v1/demo/faults', { equipment, fault })
  const { id } = await must('POST', '/api/v1/cases', {
    what: written,
    area: 'canteen',
    place: written,
    reporter: { name: reporter },
  })
  const alarm = await vi.waitFor(
    async () => {
      const { items } = (await api.get('/api/v1/alarms?limit=200')) as { items: { id: string; rule: string }[] }
      const warm = items.find(one => one.rule === 'cold-1.temperature.too-warm')
      if (!warm) throw new Error('no alarm yet')
      return warm.id
    },
    { timeout: 2 * minute, interval: 500 },
  )
  await must('POST', `/api/v1/alarms/${alarm}/acknowledge`, { comment: written })
  // What is looked at should stand still.
  await must('PUT', '/api/v1/demo/speed', { speed: 1 })
  const { items: logs } = (await api.get('/api/v1/logs')) as { items: { kind: string }[] }
  const { items: kinds } = (await api.get('/api/v1/records/kinds')) as { items: { kind: string }[] }
  const { items: lines } = (await api.get('/api/v1/connections')) as { items: { id: string }[] }
  const { items: known } = (await api.get('/api/v1/people')) as {
    items: { id: string; account?: string; name: { zh: string } }[]
  }
  const { items: channels } = (await api.get('/api/v1/channels')) as { items: { id: string; kind: string }[] }
  const site = (await api.get('/api/v1/site')) as {
    clauses: { policy: { id: string } }[]
    equipment: { id: string; name: { zh: string; en: string } }[]
  }
  cabinet = Object.values(site.equipment.find(one => one.id === 'cold-1')?.name ?? {})
  people = known.map(({ name }) => name.zh)
  free = new Set([
    ...everywhere.split(' '),
    'admin',
    ...known.flatMap(({ id: one, account }) => [one, account ?? one]),
    ...channels.flatMap(({ id: channel, kind }) => [channel, kind]),
    ...lines.map(({ id: line }) => line),
    ...site.clauses.map(({ policy }) => policy.id),
  ])
  return {
    overview: ['/'],
    alarms: [`/alarms#${alarm}`],
    list: ['/equipment'],
    equipment: ['/equipment/cold-1', '/equipment/tank-1'],
    policies: ['/policies'],
    duties: ['/duties'],
    duty: ['/duty'],
    cases: ['/cases'],
    case: [`/cases/${String(id)}`],
    handover: ['/handover'],
    kpi: ['/kpi'],
    rounds: ['/rounds'],
    round: ['/rounds/night-labs'],
    'check-point': ['/c/QK7G-AT4N'],
    scan: ['/scan'],
    label: ['/e/another-school/cold-1'],
    labels: ['/labels#cold-1'],
    logs: ['/logs'],
    log: logs.map(({ kind }) => `/logs/${kind}`),
    'write-down': ['/records'],
    record: kinds.map(({ kind }) => `/records/${kind}`),
    system: ['/system'],
    connections: ['/connections'],
    connection: lines.slice(0, 2).map(({ id: line }) => `/connections/${encodeURIComponent(line)}`),
    connect: ['/connect'],
    me: ['/me'],
    help: ['/help'],
    lost: ['/nowhere'],
    cycles: ['/cycles'],
    meters: ['/meters'],
    dosing: ['/dosing'],
    gauges: ['/gauges'],
    plan: ['/plan'],
    site: ['/site'],
    // Its names are samples, hostile and foreign on purpose; it is looked at in test/browser/gallery.test.ts.
    gallery: [],
    // Nobody can unfold there what is shortened, and it fits its glass by itself: test/browser/wall.test.ts.
    wall: [],
    'sign-in': ['/sign-in'],
    answer: ['/a/not-a-link'],
  }
}

/** Opens a page as a click would; everything that can be unfolded is. */
async function go(path: string): Promise<void> {
  if (page.url() === 'about:blank') await page.goto(gateway.address)
  await page.evaluate(to => {
    history.pushState(null, '', to)
    dispatchEvent(new PopStateEvent('popstate'))
  }, path)
  await settled()
}

async function settled(): Promise<void> {
  await page.waitForFunction(
    () =>
      document.querySelector('main h1, main h2, main p') !== null &&
      document.querySelector('.skeleton, [aria-busy="true"], .fading') === null,
  )
  await page.evaluate(() => {
    for (const details of document.querySelectorAll<HTMLDetailsElement>('main details')) details.open = true
  })
}

async function speak(tongue: Tongue): Promise<void> {
  await page.evaluate(name => {
    const choice = document.querySelector<HTMLSelectElement>('.language select')
    if (!choice) throw new Error('no choice of language')
    choice.value = name
    choice.dispatchEvent(new Event('change', { bubbles: true }))
  }, tongue)
  await page.waitForFunction(tag => document.documentElement.lang === tag, tongues[tongue].tag)
  await settled()
}

/** Units, products, protocols, standards and file formats are called the same in every language. */
const everywhere =
  // What is written in a site file is so written in any language: its keys, and what this one says of its equipment; and so are the keys of
  // the journal, which the audit log quotes.
  'site PNG SVG MB evidence copies backup start ABC ' +
  // What stands on the keys of a keyboard.
  'Tab Shift Esc Home End Enter ' +
  'mm LEL MPa RH NTU pH kg ms mg kW kWh Hz PDF Excel CSV JSON zip GB WHO EEMUA ISA Magnus Modbus TCP RTU MQTT OPC UA HTTP IP SNMP BACnet UPS PLC NFC RS CJ DL English Zhishou zhishou user passwd'

function strangeIn(text: string, tongue: Tongue): readonly string[] {
  const ours = text.replaceAll(written, '').replaceAll(reporter, '')
  if (tongue === 'en') return ours.match(/\p{Script=Han}+/gu) ?? []
  const rest = people.reduce((left, name) => left.replaceAll(name, ''), ours)
  const simplified = tongue === 'zh-Hant' ? [...rest].filter(one => onlySimplified.has(one)) : []
  const words = ours.replace(/https?:\S+|[\w.]+[-_/@.:][\w.\-_/@]*|\w*\d\w*/g, ' ').match(/[A-Za-z]{2,}/g) ?? []
  return [...simplified, ...words.filter(word => !free.has(word))]
}

const places = (): readonly (readonly [page: string, paths: readonly string[]])[] =>
  Object.entries(visits).filter(([name]) => name !== 'sign-in' && name !== 'answer')

describe('on every page, in every language', () => {
  const strange = new Map<string, string>()
  const misfits = new Map<string, string>()
  const tight = new Map<string, string>()
  const shownInHant: string[] = []

  async function lookAt(path: string): Promise<void> {
    for (const tongue of tongueNames) {
      await page.setViewportSize(sizes[0])
      await speak(tongue)
      const texts = await textsOn(page)
      if (tongue === 'zh-Hant') shownInHant.push(...texts.map(({ text }) => text))
      for (const { text, where } of texts)
        for (const word of strangeIn(text, tongue)) strange.set(`${tongue}: ${word}`, `${path} ${where} ${text.slice(0, 80)}`)
      for (const size of sizes) {
        await page.setViewportSize(size)
        for (const misfit of await misfitsOn(page)) misfits.set(`${size.width} ${misfit}`, `${path} ${tongue}`)
      }
    }
    await lengthen(page)
    for (const size of sizes) {
      await page.setViewportSize(size)
      for (const misfit of await misfitsOn(page)) tight.set(`${size.width} ${misfit}`, path)
    }
    await lengthen(page, false)
  }

  beforeAll(async () => {
    for (const [, paths] of places())
      for (const path of paths) {
        await go(path)
        await lookAt(path)
      }
  }, 8 * minute)

  test('nothing is untranslated', () => {
    expect([...strange]).toEqual([])
  })

  test('everything fits a phone, a desk and a wall', () => {
    expect([...misfits]).toEqual([])
  })

  test('everything fits with words 40 % longer', () => {
    expect([...tight]).toEqual([])
  })

  test('what people wrote stays in the characters they wrote', () => {
    expect(shownInHant.some(text => text.includes(written))).toBe(true)
    expect(shownInHant).toContain(reporter)
    expect(shownInHant.some(text => people.some(name => text.includes(name)))).toBe(true)
    expect(shownInHant).toContain('告警')
  })
})

describe('equipment with a name of 200 characters, emoji and a script', () => {
  const start = '<script>document.body.dataset.hit="1"</script><img src=x onerror=alert(1)>🧊👩‍🍳 '
  const name = start + 'Kühlschrank für Frischgemüse '.repeat(2) + 'W'.repeat(200 - start.length - 58)
  const named = ['/', '/equipment', '/equipment/cold-1', '/policies']
  const misfits = new Map<string, string>()
  const shown = new Set<string>()
  let scripts = 0

  beforeAll(async () => {
    const quoted = (text: string) => JSON.stringify(text).slice(1, -1)
    await page.route('**/api/v1/**', async route => {
      if (route.request().method() !== 'GET') return route.continue()
      const response = await route.fetch()
      if (!(response.headers()['content-type'] ?? '').includes('json')) return route.fulfill({ response })
      const body = cabinet.reduce((text, one) => text.replaceAll(quoted(one), () => quoted(name)), await response.text())
      return route.fulfill({ response, body })
    })
    await page.setViewportSize(sizes[0])
    await page.goto(gateway.address)
    await page.locator('main h1').first().waitFor({ state: 'attached' })
    await speak('en')
    for (const [, paths] of places())
      for (const path of paths) {
        await go(path)
        // There it comes for certain, if not with the first words of the page.
        if (named.includes(path)) await page.getByText(name).or(page.getByTitle(name)).first().waitFor()
        for (const size of sizes) {
          await page.setViewportSize(size)
          for (const misfit of await misfitsOn(page)) misfits.set(`${size.width} ${misfit}`, path)
        }
        if ((await textsOn(page)).some(({ text }) => text.includes(name))) shown.add(path)
        scripts += await page.locator('main script, main img[src="x"], [data-hit]').count()
      }
    // A page may still be asking: what it is told no longer matters.
    await page.unrouteAll({ behavior: 'ignoreErrors' })
  }, 5 * minute)

  test('is shown whole wherever it is named, and nothing overflows for it', () => {
    expect(name).toHaveLength(200)
    expect([...shown]).toEqual(expect.arrayContaining(named))
    expect([...misfits]).toEqual([])
  })

  test('runs nothing', () => {
    expect(scripts).toBe(0)
    expect(errors).toEqual([])
  })
})

describe('whoever is not signed in', () => {
  test('reads the door and the page behind a message in each language, and it fits', async () => {
    const stranger = await browser.newContext({ locale: 'zh-TW', viewport: sizes[0] })
    const door = await stranger.newPage()
    const found: string[] = []
    await door.goto(`${gateway.address}/sign-in`)
    // A browser from Taiwan is shown 繁體 before anybody chose anything.
    await door.getByRole('button', { name: '登入' }).waitFor()
    expect(await door.locator('html').getAttribute('lang')).toBe('zh-Hant')
    for (const path of [...visits['sign-in'], ...visits.answer])
      for (const tongue of tongueNames) {
        await door.evaluate(choice => localStorage.setItem('zhishou.language', choice), tongue)
        await door.goto(gateway.address + path)
        await door.waitForFunction(
          tag => document.documentElement.lang === tag && document.querySelector('h1'),
          tongues[tongue].tag,
        )
        await door.waitForFunction(() => document.querySelector('.skeleton') === null)
        for (const { text } of await textsOn(door))
          found.push(...strangeIn(text, tongue).map(word => `${path} ${tongue} ${word} in ${text}`))
        for (const size of sizes) {
          await door.setViewportSize(size)
          found.push(...(await misfitsOn(door)).map(misfit => `${path} ${tongue} ${size.width} ${misfit}`))
        }
      }
    expect(found).toEqual([])
    await stranger.close()
  })
})
