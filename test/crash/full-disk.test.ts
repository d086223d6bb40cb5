import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Client } from './client.ts'
import type { Screen } from './client.ts'
import { Ground, pushedSite, until } from './ground.ts'
import type { Running } from './ground.ts'

const mount = mkdtempSync(join(tmpdir(), 'zhishou-full-'))
const canMount = process.getuid?.() === 0 && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', mount]).status === 0

/** Takes what is left of the disk, to the last byte. */
function fill(): void {
  const descriptor = openSync(join(mount, 'filler'), 'a')
  for (let size = 1 << 20; size >= 1;) {
    try {
      if (writeSync(descriptor, Buffer.alloc(size, 1)) < size) size >>= 1
    } catch {
      size >>= 1
    }
  }
  closeSync(descriptor)
}
const makeRoom = (): void => rmSync(join(mount, 'filler'))

describe.skipIf(!canMount)('a data directory without room', () => {
  const hour = 3_600_000
  let ground: Ground
  let gateway: Running
  let client: Client
  let screen: Screen

  beforeAll(async () => {
    ground = await Ground.with(pushedSite(4), join(mount, 'data'))
    gateway = await ground.start()
    client = await Client.signIn(gateway.address)
    screen = await client.watch()
    await warm('cold-1', 204)
    await until(
      () => client.openAlarms(),
      open => open.length === 1 && open[0]?.recorded === true,
    )
  })
  afterAll(async () => {
    screen?.close()
    await ground?.remove()
    spawnSync('umount', [mount])
    rmSync(mount, { recursive: true, force: true })
  })

  /** Forty minutes too warm, ending now. */
  async function warm(equipment: string, status: number): Promise<void> {
    const point = `${equipment}.temperature`
    const now = Date.now()
    const readings = [0, 10, 20, 30, 40].map(minute => ({ point, t: now - hour * (2 / 3) + minute * 60_000, v: 9.5 }))
    expect((await client.push(readings)).status).toBe(status)
  }
  test('still shows and raises, marks what is not recorded, and refuses what it could not keep', async () => {
    const before = (await client.openAlarms())[0]
    await until(
      () => {
        fill()
        return client.push([{ point: 'cold-4.temperature', v: 4 }])
      },
      ({ status }) => status === 503,
    )
    await warm('cold-2', 503)
    await warm('cold-3', 503)

    const live = await until(
      () => screen.alarms.filter(({ recorded, rule }) => !recorded && rule === 'cold-2.temperature.too-warm'),
      seen => seen.length > 0,
    )
    expect(live[0]?.state).toBe('unacknowledged')
    expect(await client.point('cold-2.temperature')).toMatchObject({ value: 9.5, quality: 'good' })
    const refusal = await client.acknowledge(before?.id ?? '', 'cannot be kept')
    expect(refusal.status).toBe(503)
    expect(refusal.headers.get('content-type')).toContain('application/problem+json')
    expect(await refusal.json()).toMatchObject({ detail: expect.stringContaining('journal') })
    expect((await client.alarm(before?.id ?? '')).state).toBe('unacknowledged')
    expect((await client.push([{ point: 'cold-1.temperature', v: 9.4 }])).status).toBe(503)
    expect(await client.point('cold-1.temperature')).toMatchObject({ value: 9.4 })
    await until(
      () => screen.health.troubles.map(({ code }) => code),
      codes => codes.includes('store-trouble') && codes.includes('unrecorded') && codes.includes('unstored'),
    )
    expect((await fetch(`${gateway.address}/readyz`)).status).toBe(503)
    expect((await fetch(`${gateway.address}/healthz`)).status).toBe(200)
    // Somebody who comes now must get in.
    await Client.signIn(gateway.address)
  })

  test('writes everything down in order once there is room, without a restart', async () => {
    const told = screen.alarms.length
    makeRoom()

    await until(
      () => screen.alarms.slice(told).filter(({ recorded, rule }) => recorded && rule === 'cold-2.temperature.too-warm'),
      seen => seen.length > 0,
    )
    const open = await client.openAlarms()
    expect(open.map(({ rule, recorded }) => `${rule} ${recorded}`).toSorted()).toEqual(
      ['cold-1', 'cold-2', 'cold-3'].map(one => `${one}.temperature.too-warm true`),
    )
    const journal = await client.journal()
    expect(journal.map(({ seq }) => seq)).toEqual(journal.map((_, index) => index + 1))
    const raised = journal.filter(({ kind }) => kind === 'alarm.raised').map(({ about }) => about)
    expect(raised).toEqual([...raised].toSorted((a, b) => Number(a?.slice(1)) - Number(b?.slice(1))))
    expect(journal.some(({ data }) => data['comment'] === 'cannot be kept')).toBe(false)
    for (const { id } of open) expect((await client.acknowledge(id, 'now it can')).status).toBe(200)
    expect((await client.push([{ point: 'cold-1.temperature', v: 9.3 }])).status).toBe(204)
    await until(
      () => fetch(`${gateway.address}/readyz`),
      ({ status }) => status === 200,
    )
    const troubles = await until(
      () => screen.health.troubles.map(({ code }) => code),
      codes => !codes.includes('unrecorded') && !codes.includes('store-trouble'),
    )
    // What was lost meanwhile stays said.
    expect(troubles).toEqual(['unstored'])
  })

  test('keeps it over a kill', async () => {
    const before = await client.openAlarms()
    await gateway.kill()
    gateway = await ground.start()

    expect(await client.openAlarms()).toEqual(before)
  })
})
