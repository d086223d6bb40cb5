import { watch } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { facility, person } from '../kit/product.ts'
import type { Facility, Product } from '../kit/product.ts'
import { until } from './ground.ts'

const head = (stamp: number): string => `# version ${stamp}
site: { id: greenhill, name: { zh: 青山小学, en: Greenhill ${stamp} }, policies: [canteen] }
connections:
  push: { protocol: http }
`
const cabinets = (stamp: number): string => `# version ${stamp}
areas:
  canteen:
    name: { zh: 食堂, en: Canteen ${stamp} }
    equipment:
      cold-1:
        type: fresh-keeping-cabinet
        connection: push
        facts: { holds: cooked, serial: BX-${stamp} }
        points: { temperature: {} }
`

interface Seen {
  /** The first file that is written in the folder of the site. */
  readonly written: Promise<void>
  readonly answered: Promise<unknown>
}

describe('the site file of the real product', () => {
  let place: Facility
  let folder = ''
  const start = (...args: readonly string[]): Promise<Product> => place.start(['--site', folder, ...args])
  beforeAll(async () => {
    place = await facility()
    folder = join(place.folder, 'site')
    await mkdir(folder)
    await writeFile(join(folder, '1-site.yaml'), head(100))
    await writeFile(join(folder, '2-canteen.yaml'), cabinets(100))
  })
  afterAll(() => place.remove())

  const versionsOnDisk = async (): Promise<readonly (number | undefined)[]> =>
    Promise.all(
      ['1-site.yaml', '2-canteen.yaml'].map(async name => {
        const found = /# version (\d+)/.exec(await readFile(join(folder, name), 'utf8'))?.[1]
        return found === undefined ? undefined : Number(found)
      }),
    )

  /** Each kill comes at something that can be seen, so that a slow machine is killed at the same places as a fast one. */
  const moments: readonly (readonly [string, readonly string[], (seen: Seen) => Promise<unknown>])[] = [
    ['as it is asked for', ['old'], () => Promise.resolve()],
    ['as something is written beside the files', ['old', 'new'], ({ written }) => written],
    ['as it has been answered', ['new'], ({ answered }) => answered],
  ]

  test.each(moments)('is the old one or the new one after kill -9 %s, never both', async (_, allowed, moment) => {
    const running = await start()
    let isOver = false
    const end = async (): Promise<void> => {
      if (!isOver) await running.kill()
      isOver = true
    }
    try {
      const admin = await person(running.address)
      const before = (await versionsOnDisk())[0] ?? 0
      const { digest } = (await admin.get('/api/v1/site/file')) as { digest: string }
      const files = [
        { name: '1-site.yaml', text: head(before + 1) },
        { name: '2-canteen.yaml', text: cabinets(before + 1) },
      ]
      // Under load: readings come in all the time.
      const load = (async () => {
        // Until there is nobody any more to send to.
        for (let answered = true; answered;)
          answered = await admin.send('POST', '/api/v1/readings', [{ point: 'cold-1.temperature', t: Date.now(), v: 4 }]).then(
            ({ ok }) => ok || answered,
            () => false,
          )
      })()
      const written = new Promise<void>(resolve => {
        const watching = watch(folder, () => {
          watching.close()
          resolve()
        })
      })
      const change = { files, before: digest, why: 'on and on' }
      const answered = admin.send('POST', '/api/v1/site/apply', change).catch(() => undefined)
      await moment({ written, answered })
      await end()
      await Promise.all([load, answered])
      const again = await start()
      try {
        const [first, second] = await versionsOnDisk()
        expect(first).toBe(second)
        expect(allowed).toContain(first === before + 1 ? 'new' : first === before ? 'old' : first)
        const site = (await (await person(again.address)).get('/api/v1/site')) as { name: { en: string } }
        expect(site.name.en).toBe(`Greenhill ${first}`)
      } finally {
        await again.stop()
      }
      const verified = place.command('verify', place.folder)
      expect([verified.code, verified.out]).toMatchObject([0, expect.anything()])
    } finally {
      // Whatever went wrong, nobody after this finds the data folder taken.
      await end()
    }
  })

  test('is loaded anew on SIGHUP and when it was edited, and kept where the edit is wrong', async () => {
    const running = await start('--watch')
    const admin = await person(running.address)
    const name = async (): Promise<string> => ((await admin.get('/api/v1/site')) as { name: { en: string } }).name.en
    await writeFile(join(folder, '1-site.yaml'), head(500))
    await until(async () => (await name()) === 'Greenhill 500', 'the edited file is in force')
    await writeFile(join(folder, '1-site.yaml'), head(501).replace('protocol: http', 'protocol: htpp'))
    await until(() => /1-site\.yaml:4:\d+/.test(running.said()), 'it is said what is wrong, and where')
    expect(await name()).toBe('Greenhill 500')
    await until(async () => JSON.stringify(await admin.get('/api/v1/site')).length > 0, 'it goes on')
    await running.stop()

    await writeFile(join(folder, '1-site.yaml'), head(502))
    const plain = await start()
    const again = await person(plain.address)
    await writeFile(join(folder, '1-site.yaml'), head(503))
    process.kill(plain.pid, 'SIGHUP')
    await until(
      async () => ((await again.get('/api/v1/site')) as { name: { en: string } }).name.en === 'Greenhill 503',
      'SIGHUP is heard',
    )
    expect(await plain.stop()).toBe(0)
  })
})
