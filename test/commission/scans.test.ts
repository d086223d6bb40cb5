import { describe, expect, test } from 'vitest'
import { Scans } from '../../gateway/commission/found.ts'
import type { Scan, ScanWish } from '../../gateway/commission/found.ts'
import type { AskedLine } from '../../gateway/commission/line-on-trial.ts'
import type { Found, ScanStep } from '../../protocols/contract/driver.ts'
import { fault } from '../../protocols/contract/fault.ts'
import { instant, minutes, seconds } from '../../protocols/contract/time.ts'
import { ManualClock } from '../api/house.ts'

const find = (unit: number): ScanStep => {
  const found: Found = { device: { unit }, name: `unit ${unit}`, points: [] }
  return { step: 'found', found }
}

/** A line that says what it is told to, and knows whether it was hung up. */
class Line {
  closed = 0
  aborted = false
  readonly #steps: ScanStep[] = []
  #wake: () => void = () => {}
  #ended = false
  say(...steps: readonly ScanStep[]): void {
    this.#steps.push(...steps)
    this.#wake()
  }
  end(): void {
    this.#ended = true
    this.#wake()
  }
  open = (): AskedLine => ({
    scan: (_, signal) => this.#scan(signal),
    probe: () => undefined,
    close: async () => void (this.closed += 1),
  })
  async *#scan(signal: AbortSignal): AsyncIterable<ScanStep> {
    signal.addEventListener('abort', () => {
      this.aborted = true
      this.#wake()
    })
    for (;;) {
      for (let step = this.#steps.shift(); step; step = this.#steps.shift()) yield step
      if (this.#ended || signal.aborted) return
      const woken = Promise.withResolvers<void>()
      this.#wake = woken.resolve
      await woken.promise
    }
  }
}

const wish = (line: Line, key: string, most = 100): ScanWish => ({ key, line: key, by: 'admin', ask: { most }, open: line.open })
function begun(scans: Scans, line: Line, key: string, most?: number): string {
  const answer = scans.begin(wish(line, key, most))
  if (!answer.ok) throw new Error(answer.why)
  return answer.id
}
const ended = (scans: Scans, id: string) => expect.poll(() => scans.look(id)?.ended)
const found = (scan: Scan | undefined) => scan?.found.map(({ name }) => name)

describe('searches for equipment', () => {
  test('tell how far they are and what was found, and end by themselves', async () => {
    const [scans, line] = [new Scans(new ManualClock(instant(0))), new Line()]
    const id = begun(scans, line, 'bus')
    line.say({ step: 'asked', done: 1, of: 2 }, find(1))
    await expect.poll(() => found(scans.look(id))).toEqual(['unit 1'])
    expect(scans.look(id)).toMatchObject({ progress: { done: 1, of: 2 } })
    expect(scans.isBusy('bus')).toBe(true)
    line.end()
    await ended(scans, id).toBe('complete')
    expect(line.closed).toBe(1)
    expect(scans.isBusy('bus')).toBe(false)
  })

  test('are one to a line, and a few on all lines together', () => {
    const scans = new Scans(new ManualClock(instant(0)))
    begun(scans, new Line(), 'a')
    expect(scans.begin(wish(new Line(), 'a'))).toEqual({ ok: false, why: 'line-busy' })
    for (const key of ['b', 'c', 'd']) begun(scans, new Line(), key)
    expect(scans.begin(wish(new Line(), 'e'))).toEqual({ ok: false, why: 'too-many' })
  })

  test('are over when nobody asks for a minute, and go on as long as somebody does', async () => {
    const clock = new ManualClock(instant(0))
    const [scans, line] = [new Scans(clock), new Line()]
    const id = begun(scans, line, 'bus')
    for (let times = 0; times < 5; times += 1) {
      clock.pass(seconds(50))
      expect(scans.look(id)?.ended).toBeUndefined()
    }
    clock.pass(seconds(70))
    await ended(scans, id).toBe('left-alone')
    expect([line.aborted, line.closed]).toEqual([true, 1])
  })

  test('end when enough was found, on trouble, and when they are told to', async () => {
    const scans = new Scans(new ManualClock(instant(0)))
    const [full, broken, told] = [new Line(), new Line(), new Line()]
    const enough = begun(scans, full, 'a', 2)
    full.say(find(1), find(2), find(3))
    await ended(scans, enough).toBe('enough')
    expect(found(scans.look(enough))).toEqual(['unit 1', 'unit 2'])
    const trouble = begun(scans, broken, 'b')
    broken.say({ step: 'trouble', fault: fault('unreachable', 'no cable') })
    await ended(scans, trouble).toBe('trouble')
    expect(scans.look(trouble)?.trouble?.detail).toBe('no cable')
    const stopped = begun(scans, told, 'c')
    expect(await scans.end(stopped)).toBe(true)
    expect(scans.look(stopped)?.ended).toBe('stopped')
    expect(await scans.end('nobody')).toBe(false)
  })

  test('survive a driver that throws, and a line that cannot be searched', async () => {
    const scans = new Scans(new ManualClock(instant(0)))
    const open = (): AskedLine => ({
      async *scan() {
        yield { step: 'asked', done: 0, of: 1 }
        throw new Error('a bug')
      },
      probe: () => undefined,
      close: () => Promise.resolve(),
    })
    const answer = scans.begin({ ...wish(new Line(), 'bus'), open })
    if (!answer.ok) throw new Error(answer.why)
    await ended(scans, answer.id).toBe('trouble')
    expect(scans.look(answer.id)?.trouble?.detail).toBe('a bug')
    const mute = (): AskedLine => ({ scan: () => undefined, probe: () => undefined, close: () => Promise.resolve() })
    expect(scans.begin({ ...wish(new Line(), 'other'), open: mute })).toEqual({ ok: false, why: 'cannot-scan' })
  })

  test('are forgotten ten minutes after their end', async () => {
    const clock = new ManualClock(instant(0))
    const [scans, line] = [new Scans(clock), new Line()]
    const id = begun(scans, line, 'bus')
    line.end()
    await ended(scans, id).toBe('complete')
    clock.pass(minutes(11))
    expect(scans.look(id)).toBeUndefined()
  })

  test('all end with the gateway', async () => {
    const scans = new Scans(new ManualClock(instant(0)))
    const lines = [new Line(), new Line()]
    for (const [index, line] of lines.entries()) begun(scans, line, String(index))
    await scans.stop()
    expect(lines.map(({ closed }) => closed)).toEqual([1, 1])
  })
})
