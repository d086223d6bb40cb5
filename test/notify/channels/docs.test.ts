import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { readSite } from '../../../gateway/site/load.ts'
import { loadShelf } from '../../../gateway/site/shelf.ts'
import { tiny } from '../../site/tiny.ts'
import { message, never, open, python, sink, wang } from './kit.ts'
import type { Received } from './kit.ts'

const page = await readFile(new URL('../../../docs/channels.md', import.meta.url), 'utf8')
const block = (language: string, nth = 1): string => page.split(`\`\`\`${language}\n`)[nth]?.split('```')[0] ?? ''

/** A request as the webhook really sends it. */
async function sent(secret: string) {
  const server = await sink()
  await open('webhook', { url: server.url, secret }).send(message(), wang, never)
  const [request] = server.received
  const { headers, body } = request as Received
  const header = String(headers['x-zhishou-signature'])
  return { header, body: String(body), now: Number(/t=(\d+)/.exec(header)?.[1]) }
}

const site = `site: { id: greenhill, name: 青山小学 }
connections:
  bus: { protocol: tiny, host: 10.0.0.5 }
areas:
  canteen:
    name: 食堂
    equipment:
      cold-1: { type: fresh-keeping-cabinet, name: 柜, connection: bus, unit: 1, points: { temperature: { register: 0 } } }
`

describe('the code in the documentation', () => {
  const secret = '0123456789abcdef'

  test('lets what is ours in, and nothing that was changed, is old or is signed otherwise (Python)', async () => {
    const { header, body, now } = await sent(secret)
    const tries = [
      [secret, header, body, now / 1_000 + 5],
      [secret, header, `${body} `, now / 1_000],
      [secret, header, body, now / 1_000 + 301],
      ['another-secret-16', header, body, now / 1_000],
      [secret, header.replace('t=', 't=1'), body, now / 1_000],
    ]
    const answer = python(`${block('python')}\nprint(json.dumps([is_ours(s, h, b.encode(), n) for s, h, b, n in data]))`, tries)
    expect(answer).toEqual([true, false, false, false, false])
  })

  test('does the same in JavaScript', async () => {
    const { header, body, now } = await sent(secret)
    const source = `data:text/javascript,${encodeURIComponent(block('js'))}`
    const { isOurs } = (await import(/* @vite-ignore */ source)) as { isOurs: (...of: unknown[]) => boolean }
    expect(isOurs(secret, header, Buffer.from(body), now + 5_000)).toBe(true)
    expect(isOurs(secret, header, Buffer.from(`${body} `), now)).toBe(false)
    expect(isOurs(secret, header, Buffer.from(body), now + 301_000)).toBe(false)
    expect(isOurs('another-secret-16', header, Buffer.from(body), now)).toBe(false)
    expect(isOurs(secret, `t=${now},v1=00`, Buffer.from(body), now)).toBe(false)
  })

  test('is a site file that may run, with every variable set', async () => {
    const shelf = await loadShelf()
    const indented = block('yaml', 2).replaceAll(/^(?=.)/gm, '  ')
    for (const [part, kinds] of [
      [block('yaml'), ['wecom', 'smtp', 'web-push']],
      [`channels:\n${indented}`, ['sms', 'sms']],
    ] as const) {
      const env = Object.fromEntries(
        [...part.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => [name, `https://a.example/${name}`]),
      )
      const read = readSite([{ name: 'site.yaml', text: site + part }], env, [tiny], shelf)
      expect(read.problems.filter(({ severity }) => severity === 'error')).toEqual([])
      expect(read.ok && read.site.channels.map(({ kind }) => kind)).toEqual(kinds)
    }
  })

  test('names every kind and every setting there is', async () => {
    const { channelKinds } = await import('../../../gateway/notify/channels.ts')
    for (const { kind, schema } of channelKinds) {
      expect(page).toContain(`| \`${kind}\``)
      const { properties } = schema as { properties: object }
      for (const key of Object.keys(properties)) expect(page, `${kind} ${key}`).toContain(`\`${key}`)
    }
  })
})
