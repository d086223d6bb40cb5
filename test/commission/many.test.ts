import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { another, ReloadGround, until } from './ground.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Sockets, timers, files and workers that are open, by kind. */
function openThings(): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}
function heap(): number {
  for (let round = 0; round < 4; round += 1) collect()
  return process.memoryUsage().heapUsed
}

describe('many changes in a row', () => {
  let ground: ReloadGround
  beforeAll(async () => {
    ground = await ReloadGround.make()
  })
  afterAll(() => ground.remove())

  test('leave no socket, no timer and no memory behind, and fifty ways back', async () => {
    const text = await ground.text()
    const longer = another(text, 'cold-9')
    const change = async (round: number): Promise<void> => {
      const { status, body } = await ground.change(() => (round % 2 === 0 ? longer : text), `round ${round}`)
      if (status !== 200) throw new Error(JSON.stringify(body))
    }
    for (let round = 0; round < 6; round += 1) await change(round)
    await until(() => ground.other.at.length > 2, 'the other line speaks')
    const [things, used] = [openThings(), heap()]
    const sweeps = ground.steady.at.length
    for (let round = 6; round < 56; round += 1) await change(round)

    const named = ['TCPSocketWrap', 'TCPServerWrap', 'Timeout', 'FSEVENTWRAP', 'MessagePort', 'Worker']
    await until(() => {
      const now = openThings()
      return named.every(kind => (now[kind] ?? 0) <= (things[kind] ?? 0) + 3)
    }, 'what was opened is closed').catch(() => expect(openThings()).toEqual(things))
    // What the journal remembers of fifty changes is on the disk; the memory holds no more than it did.
    expect((heap() - used) / 1024 / 1024).toBeLessThan(12)
    expect(ground.steady.connections).toBe(1)
    expect(ground.steady.longestGap(sweeps)).toBeLessThan(1_500)
    const versions = (await ground.send('GET', '/site/versions')).body.items
    expect(versions.length).toBe(50)
    expect(versions[0].why).toBe('round 55')
    expect(ground.complaints).toEqual([])
  })

  test('are refused while the disk does not take what is replaced, and nothing is written', async () => {
    const text = await ground.text()
    const folder = join(ground.folder, 'data', 'site-versions')
    await rm(folder, { recursive: true, force: true })
    await writeFile(folder, 'no folder')
    const { status, body } = await ground.change(now => another(now, 'cold-10'))
    expect([status, body.detail]).toMatchObject([503, expect.stringContaining('nothing was changed')])
    expect(await ground.text()).toBe(text)
    await rm(folder)
    await mkdir(folder)
    expect((await ground.change(now => another(now, 'cold-10'))).status).toBe(200)
  })

  test('find their way back where the new site cannot be opened', async () => {
    const text = await ground.text()
    const page = ground.store.historian.latest
    let asked = 0
    Object.assign(ground.store.historian, {
      latest: () => ((asked += 1) === 1 ? Promise.reject(new Error('made to fail')) : page.call(ground.store.historian)),
    })
    const { status, body } = await ground.change(now => another(now, 'cold-11'))
    Object.assign(ground.store.historian, { latest: page })
    expect([status, body.detail]).toMatchObject([503, expect.stringContaining('made to fail')])
    expect(await ground.text()).toBe(text)
    const sweeps = ground.other.at.length
    await until(() => ground.other.at.length > sweeps + 1, 'the line is called again')
    expect((await ground.send('GET', '/site')).body.equipment.map(({ id }: { id: string }) => id)).not.toContain('cold-11')
    expect(ground.complaints.splice(0)).toMatchObject([expect.stringContaining('the one of before goes on')])
  })
})
