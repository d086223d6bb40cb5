import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { FaultCode } from '../../protocols/contract/fault.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import { instant } from '../../protocols/contract/time.ts'
import type { Clock, Millis } from '../../protocols/contract/time.ts'
import { openStore } from '../../gateway/store/open.ts'
import type { EmbeddedStore } from '../../gateway/store/open.ts'
import type { StoredReading } from '../../gateway/store/store.ts'

/** Real time: these tests meet real files and a real thread. */
export const wall: Clock = {
  now: () => instant(Date.now()),
  after(delay: Millis, act: () => void) {
    const timer = setTimeout(act, delay)
    return () => clearTimeout(timer)
  },
}

/** A folder of its own, gone when the test is over. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'zhishou-store-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Opened, and closed at the end if the test has not. */
export async function opened(folder: string): Promise<EmbeddedStore> {
  const store = await openStore(folder, { wall })
  onTestFinished(() => store.close())
  return store
}

export const point = (name: string): PointId => `cold-1.${name}` as PointId
export const temperature = point('temperature')
export const forever = [instant(-8e15), instant(8e15)] as const

export function reads(at: number, value: number, name: PointId = temperature): StoredReading {
  return { reading: { point: name, at: instant(at), receivedAt: instant(at + 20), value, quality: 'good' } }
}
export function fails(at: number, code: FaultCode, name: PointId = temperature): StoredReading {
  const reading = {
    point: name,
    at: instant(at),
    receivedAt: instant(at),
    quality: 'bad',
    fault: { code, detail: `${code} here` },
  } as const
  return { reading }
}
export const late = (stored: StoredReading): StoredReading => ({ ...stored, mark: 'late' })

export async function timesOf(store: EmbeddedStore, name: PointId = temperature): Promise<number[]> {
  const { samples } = await store.historian.raw(name, ...forever, 10_000_000)
  return samples.map(sample => sample.t)
}

/** Steady readings, every ten seconds from 0, in tenths of a degree. */
export function walk(count: number, from = 0, name: PointId = temperature): StoredReading[] {
  return Array.from({ length: count }, (_, index) => {
    const step = from + index
    return reads(step * 10_000, Math.round(40 + 15 * Math.sin(step / 50)) / 10, name)
  })
}
