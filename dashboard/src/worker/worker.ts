import { KeptBook } from '../live/rounds/kept-book.ts'
import { sendWaiting } from '../live/rounds/send.ts'
import { loadHant } from '../words/hant/load.ts'
import { readsHant } from '../words/hant/reader.ts'

/**
 * The service worker: the page opens without network, what was noted down on a round is sent when there is one again, and messages are
 * shown while no page is open. It never keeps an answer of the interface: what is live must not look live when it is not.
 */

/** What of a service worker's surroundings is used here: the compiler knows only the page's. */
interface Surroundings {
  readonly registration: ServiceWorkerRegistration
  readonly clients: {
    matchAll(options: { type: 'window'; includeUncontrolled: true }): Promise<readonly Client[]>
    openWindow(url: string): Promise<unknown>
    claim(): Promise<void>
  }
  readonly location: Location
  skipWaiting(): Promise<void>
  addEventListener(kind: string, listener: (event: never) => void): void
}
interface Client {
  readonly url: string
  focus(): Promise<Client>
  navigate(url: string): Promise<unknown>
  postMessage(message: unknown): void
}
interface Lasting extends Event {
  waitUntil(work: Promise<unknown>): void
}
interface Asked extends Lasting {
  readonly request: Request
  respondWith(answer: Promise<Response>): void
}
interface Pushed extends Lasting {
  readonly data: { text(): string } | null
}
interface Clicked extends Lasting {
  readonly notification: Notification
}
interface Synced extends Lasting {
  readonly tag: string
}

/** Put in by the build: the files of this version, and the name of the version. */
declare const shellFiles: readonly string[]
declare const shellVersion: string
/** Where the characters of Traditional Chinese are. */
declare const hantTable: string

const here = self as unknown as Surroundings
const prefix = 'zhishou-'
const cacheName = prefix + shellVersion
/** Where there is one bar of signal the page that is kept is better than none. */
const patience = 4_000

here.addEventListener('install', (event: Lasting) => {
  event.waitUntil(install())
})
async function install(): Promise<void> {
  const cache = await caches.open(cacheName)
  // All or nothing: half a version is none. One after another, so that on a thin line whoever looks at the page goes first, and a line that
  // is cut goes on where it was. What has the hash of its content in its name need not come a second time.
  for (const url of shellFiles) {
    const isHashed = url.startsWith('/assets/')
    if (isHashed && (await cache.match(url))) continue
    await cache.add(new Request(url, { cache: isHashed ? 'default' : 'reload' }))
  }
  await here.skipWaiting()
}

here.addEventListener('activate', (event: Lasting) => {
  event.waitUntil(activate())
})
/** The version before stays: a page that is still open asks for its files. Older ones go. */
async function activate(): Promise<void> {
  const kept = (await caches.keys()).filter(key => key.startsWith(prefix) && key !== cacheName)
  await Promise.all(kept.slice(0, -1).map(key => caches.delete(key)))
  await here.clients.claim()
}

here.addEventListener('fetch', (event: Asked) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== here.location.origin) return
  // The link of a message is a small page of its own, and useless without the gateway.
  if (/^\/(a|api|socket\.io|docs|openapi\.json|metrics|healthz|readyz)(\/|$)/.test(url.pathname)) return
  if (request.mode === 'navigate') event.respondWith(page(request))
  else event.respondWith(asset(request))
})

/** The newest page while the gateway answers, else the one that is kept. */
async function page(request: Request): Promise<Response> {
  const kept = keptNow('/index.html')
  const asked = fetch(request)
  const late = new Promise<Response | undefined>(resolve => setTimeout(() => void kept.then(resolve), patience))
  try {
    const first = await Promise.race([asked, late])
    if (first && first.status < 500) return first
    return (await kept) ?? (await asked)
  } catch (error) {
    const found = await kept
    if (found) return found
    throw error
  } finally {
    asked.catch(() => {})
  }
}

/** Of this very version: asked without a name, the browser would give the oldest it has. */
async function keptNow(what: RequestInfo): Promise<Response | undefined> {
  return (await caches.open(cacheName)).match(what)
}

/** Files have the hash of their content in their names: what is kept is what would come. */
async function asset(request: Request): Promise<Response> {
  const isHashed = new URL(request.url).pathname.startsWith('/assets/')
  if (isHashed) return (await caches.match(request)) ?? fetchToKeep(request)
  try {
    return await fetch(request)
  } catch (error) {
    const kept = await keptNow(request)
    if (kept) return kept
    throw error
  }
}

/** Not everybody needs every file: what was not kept from the beginning is once it was asked for. */
async function fetchToKeep(request: Request): Promise<Response> {
  const response = await fetch(request)
  if (response.ok) await (await caches.open(cacheName)).put(request, response.clone())
  return response
}

here.addEventListener('sync', (event: Synced) => {
  if (event.tag === 'rounds') event.waitUntil(sendAway())
})
async function sendAway(): Promise<void> {
  const end = await sendWaiting(await KeptBook.open(), () => Date.now(), fetch)
  const pages = await here.clients.matchAll({ type: 'window', includeUncontrolled: true })
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a page is told by its worker, not by another window
  for (const client of pages) client.postMessage('rounds')
  // Rejecting makes the browser try again later, by itself.
  if (end === 'offline' || end === 'trouble') throw new Error(end)
}

interface PushedMessage {
  readonly key?: string
  readonly occasion?: string
  readonly priority?: string
  readonly language?: string
  readonly title?: string
  readonly text?: string
  readonly link?: string
}

here.addEventListener('push', (event: Pushed) => {
  event.waitUntil(show(messageOf(event.data)))
})
function messageOf(data: Pushed['data']): PushedMessage {
  try {
    const message: unknown = JSON.parse(data?.text() ?? '')
    return typeof message === 'object' && message !== null ? message : {}
  } catch {
    return {}
  }
}
async function show({ key, occasion, priority, language, title, text, link }: PushedMessage): Promise<void> {
  const { tag, say } = await spoken(language)
  const stays = priority === 'high' && (occasion === 'raised' || occasion === 'escalated')
  // A browser that gets a message must show one, whatever is in it.
  await here.registration.showNotification(say(title ?? 'Zhishou'), {
    body: say(text ?? ''),
    lang: tag,
    icon: '/icon-192.png',
    badge: '/badge.png',
    requireInteraction: stays,
    data: { link: link ?? '/alarms' },
    ...(key === undefined ? {} : { tag: key }),
  })
}

/** The gateway writes Chinese in one way; this browser's reader may have chosen the other. */
async function spoken(language: string | undefined): Promise<{ readonly tag: string; readonly say: (text: string) => string }> {
  const asItIs = { tag: language === 'en' ? 'en' : 'zh-CN', say: (text: string) => text }
  try {
    if (language === 'en' || !(await readsHant())) return asItIs
    return { tag: 'zh-Hant', say: await loadHant(hantTable, address => asset(new Request(address))) }
  } catch {
    // A message in the other characters is better than none.
    return asItIs
  }
}

here.addEventListener('notificationclick', (event: Clicked) => {
  event.notification.close()
  const { link } = (event.notification.data ?? {}) as { link?: string }
  event.waitUntil(openPage(link ?? '/alarms'))
})
async function openPage(link: string): Promise<void> {
  // By whatever address the phone reaches the gateway: a message leads to this page and nowhere else.
  const { pathname, search, hash } = new URL(link, here.location.origin)
  const url = here.location.origin + pathname + search + hash
  const [open] = await here.clients.matchAll({ type: 'window', includeUncontrolled: true })
  if (!open) return void (await here.clients.openWindow(url))
  await open.focus().catch(() => undefined)
  await open.navigate(url).catch(() => here.clients.openWindow(url))
}
