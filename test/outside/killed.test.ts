import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import type { PointId } from '../../protocols/contract/reading.ts'
import { instant } from '../../protocols/contract/time.ts'
import { emptyFolder, forever, opened } from '../store/folder.ts'
import { outsideOn, points, SetClock, settingsOf, settled } from './ground.ts'
import { Victoria } from './victoria.ts'

test(
  'a gateway that is killed again and again while it forwards leaves the same set there as here',
  { timeout: 300_000 },
  async () => {
    const victoria = await Victoria.begin()
    const folder = emptyFolder()
    let second = 0
    for (let kill = 0; kill < 8; kill++) {
      const script = fileURLToPath(new URL('forward-child.ts', import.meta.url))
      const child = spawn(process.execPath, [script, folder, victoria.url, String(second), '100000'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const ended = once(child, 'exit')
      let kept = 0
      for await (const line of createInterface({ input: child.stdout })) {
        second = Number(line.split(' ')[1]) + 1
        if (++kept === 40 + ((kill * 37) % 90)) child.kill('SIGKILL')
        // Every third time the other side is away meanwhile.
        if (kept === 20 && kill % 3 === 1) await victoria.stop()
      }
      expect(await ended).toEqual([null, 'SIGKILL'])
      if (kill % 3 === 1) await victoria.start()
    }
    const store = await opened(folder)
    const told = outsideOn(store, [settingsOf(victoria.url)], new SetClock(Date.UTC(2026, 8, 1)))
    onTestFinished(() => told.outside.stop())
    await told.outside.begin()
    await settled(told)

    const here: string[] = []
    for (const { id } of points) {
      const { samples } = await store.historian.raw(id as PointId, instant(forever[0]), instant(forever[1]), 1_000_000)
      expect(samples.length).toBeGreaterThanOrEqual(second)
      here.push(...samples.map(({ t, v }) => `${id}@${t}=${v}`))
    }
    expect(await victoria.rows('reading_value')).toEqual(here.toSorted())
  },
)
