import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { LogDesk } from '../../gateway/report/log-desk.ts'
import { paperSiteOf } from '../../gateway/report/source.ts'
import type { Clock, Instant } from '../../protocols/contract/time.ts'
import { realClock, run, site } from '../api/house.ts'
import type { Running } from '../api/house.ts'
import { filled } from './filled.ts'
import { newFolder, november, testKey } from './sheet.ts'

let running: Running
let folder: string
const query = 'from=2026-11-01&to=2026-11-02'

/** The desk of a house whose data lie in this folder. */
function deskOn(place: string, wall: Clock = realClock): LogDesk {
  return new LogDesk({
    site: paperSiteOf(site),
    folder: place,
    clock: running.house.clock,
    wall,
    prove: async () => ({ key: testKey }),
  })
}
function seat(desk: LogDesk): void {
  Object.assign(running.house, { keeping: { ...running.house.keeping, logs: desk } })
}
const left = (): readonly string[] => (existsSync(join(folder, 'exports')) ? readdirSync(join(folder, 'exports')) : [])

beforeAll(async () => {
  ;({ folder } = await filled(november))
})
beforeEach(async () => {
  running = await run()
  seat(deskOn(folder))
})
afterEach(async () => {
  await running.house.keeping.logs.stop()
  await running.close()
})

describe('a log over HTTP', () => {
  test.for([
    ['csv', 'text/csv; charset=utf-8', [0xef, 0xbb, 0xbf]],
    ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', [0x50, 0x4b]],
    ['pdf', 'application/pdf', [0x25, 0x50, 0x44, 0x46]],
    ['json', 'application/json; charset=utf-8', [0x7b]],
  ] as const)('comes as %s with a name a person would give it, and is written down', async ([format, type, begin]) => {
    const inspector = await running.cookie('inspector')
    const response = await running.get(`/api/v1/logs/temperature?${query}&format=${format}`, inspector)
    const bytes = new Uint8Array(await response.arrayBuffer())

    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe(type)
    expect([...bytes.subarray(0, begin.length)]).toEqual(begin)
    const disposition = response.headers.get('content-disposition') ?? ''
    expect(disposition).toContain(`filename="greenhill-temperature.${format}"`)
    expect(decodeURIComponent(disposition.split("UTF-8''")[1] ?? '')).toBe(`青山小学-温度记录-2026-11-01至11-02.${format}`)
    expect(running.house.entries.at(-1)).toMatchObject({
      kind: 'log.exported',
      by: 'inspector',
      data: { log: 'temperature', format, bytes: bytes.length, sha256: response.headers.get('x-content-sha256') },
    })
    await sent()
  })

  test('is refused with words: an inverted period, no time, an unknown log, equipment, area', async () => {
    const admin = await running.cookie('admin')
    const ask = async (path: string, lang = 'zh') => {
      const response = await running.get(path, admin, { 'accept-language': lang })
      return [response.status, ((await response.json()) as { detail: string }).detail] as const
    }
    expect(await ask('/api/v1/logs/temperature?from=2026-11-02&to=2026-11-01')).toEqual([400, expect.stringContaining('请对调')])
    expect(await ask('/api/v1/logs/temperature?from=soon&to=2026-11-01', 'en')).toEqual([
      400,
      expect.stringContaining('"soon" of from is no time'),
    ])
    expect(await ask(`/api/v1/logs/weather?${query}`)).toEqual([404, expect.stringContaining('没有“weather”这种记录')])
    expect(await ask(`/api/v1/logs/temperature?${query}&equipment=cold-9`)).toEqual([404, '没有设备“cold-9”。'])
    expect(await ask(`/api/v1/pack?${query}&area=moon`)).toEqual([404, '没有区域“moon”。'])
    expect(await ask(`/api/v1/pack?${query}&kinds=temperature,moon`)).toEqual([404, expect.stringContaining('moon')])
    expect(left()).toEqual([])
  })

  test('is not for a viewer, and the attempt is written down', async () => {
    const response = await running.get(`/api/v1/logs/temperature?${query}`, await running.cookie('viewer'))
    expect(response.status).toBe(403)
    expect(running.house.entries.at(-1)).toMatchObject({ kind: 'access.refused', by: 'viewer' })
    expect((await running.get(`/api/v1/pack?${query}`, await running.cookie('viewer'))).status).toBe(403)
  })

  test('of no data says so', async () => {
    seat(deskOn(newFolder()))
    const response = await running.get(`/api/v1/logs/temperature?${query}`, await running.cookie('admin'), {
      'accept-language': 'zh',
    })
    expect([response.status, ((await response.json()) as { detail: string }).detail]).toEqual([503, '数据目录里没有可读的数据。'])
  })

  test('that cannot be written down is not handed out, and no file stays behind', async () => {
    running.house.isFull = true
    const response = await running.get(`/api/v1/logs/temperature?${query}`, await running.cookie('admin'))
    expect(response.status).toBe(503)
    expect(left()).toEqual([])
  })

  test('is one of two at a time; the third is asked to wait', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    const slow = new LogDesk({
      site: paperSiteOf(site),
      folder,
      clock: running.house.clock,
      wall: realClock,
      prove: async () => {
        await gate
        return {}
      },
    })
    seat(slow)
    const admin = await running.cookie('admin')
    const two = [1, 2].map(() => running.get(`/api/v1/logs/alarms?${query}`, admin))
    const third = await until(async () => {
      const one = await running.get(`/api/v1/pack?${query}`, admin, { 'accept-language': 'zh' })
      return one.status === 429 ? one : undefined
    })
    expect(((await third.json()) as { detail: string }).detail).toBe('正在导出别的记录，请稍候再试。')
    open()
    expect((await Promise.all(two)).map(({ status }) => status)).toEqual([200, 200])
  })

  test('is given up when nobody waits any more, after five minutes, and where the disk has no place', async () => {
    const asked = {
      kind: 'temperature',
      from: november,
      to: (november + 86_400_000) as Instant,
      equipment: [],
      areas: [],
    } as const
    const how = { format: 'pdf', language: 'zh', by: 'wang' } as const
    const gone = new AbortController()
    const desk = deskOn(folder)
    const waiting = desk.make(asked, how, gone.signal)
    gone.abort()
    expect(await waiting).toEqual({ ok: false, why: 'cancelled' })

    const hasty: Clock = { now: () => realClock.now(), after: (_, act) => (queueMicrotask(act), () => undefined) }
    expect(await deskOn(folder, hasty).make(asked, how, new AbortController().signal)).toEqual({
      ok: false,
      why: 'took-too-long',
    })
    expect(left()).toEqual([])

    const full = join(newFolder(), 'file')
    writeFileSync(full, '')
    await expect(deskOn(full).make(asked, how, new AbortController().signal)).rejects.toThrow()
  })

  test('leaves no file when the caller hangs up half-way', async () => {
    const admin = await running.cookie('admin')
    await new Promise<void>(resolve => {
      const request = get(
        `${running.url}/api/v1/logs/temperature?${query}&format=pdf`,
        { headers: { cookie: admin } },
        response => {
          response.once('data', () => request.destroy())
          response.once('close', resolve)
          response.once('error', () => undefined)
        },
      )
      request.once('error', () => undefined)
    })
    await sent()
  })
})

describe('an inspector pack over HTTP', () => {
  test('is one zip with a name, written down with the logs it has', async () => {
    const response = await running.get(
      `/api/v1/pack?${query}&kinds=temperature,alarms&lang=en`,
      await running.cookie('inspector'),
    )
    const bytes = new Uint8Array(await response.arrayBuffer())

    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/zip'])
    expect([...bytes.subarray(0, 4)]).toEqual([0x50, 0x4b, 3, 4])
    expect(decodeURIComponent(response.headers.get('content-disposition') ?? '')).toContain(
      'Greenhill School-Inspector pack-2026-11-01 to 11-02.zip',
    )
    expect(running.house.entries.at(-1)).toMatchObject({
      kind: 'log.exported',
      data: { log: 'temperature,alarms', format: 'pack' },
    })
    await sent()
  })
})

/** Asks again until there is an answer. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await ask()
    if (found !== undefined) return found
    await new Promise(resolve => setImmediate(resolve))
  }
}

/** A file goes once the last byte of it has gone. */
const sent = (): Promise<true> => until(async () => (left().length === 0 ? true : undefined))
