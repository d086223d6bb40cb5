import { readFile, rm } from 'node:fs/promises'
import type { Words } from '../../protocols/contract/driver.ts'
import { hours, minutes, seconds } from '../../protocols/contract/time.ts'
import type { Clock, Instant, Millis } from '../../protocols/contract/time.ts'
import type { Channel } from '../notify/channel.ts'
import { fileNameOf } from '../report/file-name.ts'
import { forms } from '../report/forms.ts'
import type { LogDesk, MadeLog } from '../report/log-desk.ts'
import { logs } from '../report/logs.ts'
import type { LogKind } from '../report/document.ts'
import type { LogFormat } from '../report/question.ts'
import { lastTime, nextTime, Timetable } from '../schedule.ts'
import type { Journal } from '../store/store.ts'
import type { Decide } from '../turn.ts'
import { StoreTrouble } from '../store/store.ts'
import { intoFolder } from './into-folder.ts'
import { periodOf } from './period.ts'
import type { DeliverySettings } from './settings.ts'

export interface DeliveriesParts {
  readonly site: { readonly name: Words; readonly timeZone: string }
  readonly settings: readonly DeliverySettings[]
  /** The mail address of a person of the site file. */
  readonly addressOf: (person: string) => string | undefined
  readonly logs: Pick<LogDesk, 'make'>
  readonly channel: (id: string) => Channel | undefined
  readonly journal: Pick<Journal, 'page'>
  /** When something is due; the demo's days are its own. */
  readonly clock: Clock
  /** Retries go by real time. */
  readonly wall: Clock
  readonly act: <T>(decide: Decide<T>) => Promise<T>
}

/** What becomes of one delivery. */
export interface DeliveryState {
  readonly id: string
  readonly dueAt: Instant | undefined
  readonly lastAt: Instant | undefined
  /** Why the last attempt failed; absent while all is well. */
  readonly failing: string | undefined
}

const patience: readonly Millis[] = [minutes(1), minutes(5), minutes(15), hours(1), hours(4), hours(12)]
/** What mail servers usually take, before it grows by a third on the way. */
const mostMailed = 15 * 1024 * 1024

interface Piece extends MadeLog {
  readonly name: string
  readonly type: string
  readonly log: LogKind
}

/** What of one due time has been done: a retry does not do it twice. */
interface Progress {
  readonly due: Instant
  readonly mailed: Set<string>
  readonly failed: string[]
}

/** Makes the logs that are due and brings them to people and folders; what a stopped gateway missed is made up once. */
export class Deliveries {
  readonly #parts: DeliveriesParts
  readonly #timetables: readonly Timetable[]
  readonly #stopped = new AbortController()
  readonly #last = new Map<string, Instant>()
  readonly #failing = new Map<string, string>()
  readonly #late = new Set<Promise<void>>()

  constructor(parts: DeliveriesParts) {
    this.#parts = parts
    const { settings, clock, site } = parts
    this.#timetables = settings.map(
      one =>
        new Timetable(
          clock,
          at => nextTime(one.every, site.timeZone, at),
          due => this.deliver(one, due),
        ),
    )
  }

  /** What fell due while nobody was there comes first, once; a delivery that is new to this data folder begins with its next time. */
  async start(): Promise<void> {
    const { settings, journal, clock, site } = this.#parts
    for (const one of settings) {
      const kinds = ['log.delivered', 'log.delivery-failed']
      const { entries } = await journal.page({ kinds, about: one.id, limit: 50, newestFirst: true })
      const dues = entries.flatMap(({ kind, data }) => {
        const isEnd = kind === 'log.delivered' || data['final'] === true
        return isEnd && typeof data['due'] === 'number' ? [data['due']] : []
      })
      const [done] = dues
      if (done !== undefined) this.#last.set(one.id, done as Instant)
      const due = lastTime(one.every, site.timeZone, clock.now())
      if (entries.length > 0 && due !== undefined && due > (done ?? 0)) this.#inBackground(this.deliver(one, due))
    }
    for (const timetable of this.#timetables) timetable.start()
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    await Promise.all([...this.#timetables.map(timetable => timetable.stop()), ...this.#late])
  }

  get states(): readonly DeliveryState[] {
    const { settings, clock, site } = this.#parts
    return settings.map(({ id, every }) => ({
      id,
      dueAt: nextTime(every, site.timeZone, clock.now()),
      lastAt: this.#last.get(id),
      failing: this.#failing.get(id),
    }))
  }

  /** What somebody should look at. */
  get troubles(): readonly { readonly code: string; readonly say: Words }[] {
    return [...this.#failing].map(([id, why]) => ({
      code: 'delivery-failing',
      say: { zh: `记录“${id}”没有送到：${why}`, en: `The logs of "${id}" were not delivered: ${why}` },
    }))
  }

  /** Makes and delivers what was due then; resolves when it is done or given up. */
  async deliver(settings: DeliverySettings, due: Instant): Promise<void> {
    const progress: Progress = { due, mailed: new Set(), failed: [] }
    for (let attempt = 0; ; attempt++) {
      const wait = patience[attempt]
      const why = await this.#attempt(settings, progress)
      if (this.#stopped.signal.aborted) return
      if (why === undefined) {
        this.#failing.delete(settings.id)
        this.#last.set(settings.id, due)
        return
      }
      this.#failing.set(settings.id, why)
      if (attempt === 0 || wait === undefined)
        await this.#note(settings, 'log.delivery-failed', { due, why, final: wait === undefined })
      if (wait === undefined) {
        this.#last.set(settings.id, due)
        return
      }
      if (await this.#passes(wait)) return
    }
  }

  /** `undefined` when everything arrived; else why not. */
  async #attempt(settings: DeliverySettings, progress: Progress): Promise<string | undefined> {
    const pieces: Piece[] = []
    try {
      const wrong = await this.#make(settings, progress.due, pieces)
      if (wrong !== undefined) return wrong
      const laid: string[] = []
      if (settings.folder !== undefined)
        for (const { file, name } of pieces) laid.push(await intoFolder(file, { folder: settings.folder, name }))
      const mailWrong = await this.#mail(settings, progress, pieces)
      if (mailWrong !== undefined) return mailWrong
      const files = pieces.map(({ name, bytes, sha256, export: id, log }) => ({ name, bytes, sha256, export: id, log }))
      const { from, to } = this.#period(settings, progress.due)
      const { mailed } = progress
      await this.#note(settings, 'log.delivered', {
        due: progress.due,
        from,
        to,
        files,
        mailed: [...mailed],
        folder: settings.folder,
        laid,
      })
      return undefined
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    } finally {
      for (const { file } of pieces) await rm(file, { force: true })
    }
  }

  #period({ period }: DeliverySettings, due: Instant): { readonly from: Instant; readonly to: Instant } {
    return periodOf(period, due, this.#parts.site.timeZone)
  }

  async #make(settings: DeliverySettings, due: Instant, pieces: Piece[]): Promise<string | undefined> {
    const { site, logs: desk } = this.#parts
    const { equipment, areas, language, id } = settings
    for (const kind of settings.kinds as readonly LogKind[]) {
      const question = { kind, ...this.#period(settings, due), equipment, areas }
      for (const format of settings.formats as readonly LogFormat[]) {
        const how = { format, language, by: `delivery ${id}` }
        let made = await desk.make(question, how, this.#stopped.signal)
        while (!made.ok && made.why === 'busy') {
          if (await this.#passes(seconds(10))) return 'the gateway stops'
          made = await desk.make(question, how, this.#stopped.signal)
        }
        if (!made.ok) return 'detail' in made ? made.detail : made.why
        const name = fileNameOf(site.name, logs[kind].name, question, format, { language, zone: site.timeZone })
        pieces.push({ ...made, name, type: forms[format].type, log: kind })
      }
    }
    return undefined
  }

  async #mail(settings: DeliverySettings, { due, mailed }: Progress, pieces: readonly Piece[]): Promise<string | undefined> {
    const { channel, addressOf } = this.#parts
    if (settings.to.length === 0) return undefined
    const mail = channel(settings.channel ?? '')?.mail
    if (!mail) return `no mail channel ${settings.channel ?? ''}`
    const size = pieces.reduce((sum, { bytes }) => sum + bytes, 0)
    const isTooLarge = size > mostMailed
    const files = isTooLarge
      ? []
      : await Promise.all(pieces.map(async ({ name, type, file }) => ({ name, type, bytes: await readFile(file) })))
    const text = this.#letter(settings, pieces, isTooLarge)
    const wrong: string[] = []
    for (const receiver of settings.to) {
      const address = receiver.includes('@') ? receiver : addressOf(receiver)
      if (mailed.has(receiver)) continue
      if (address === undefined) {
        wrong.push(`${receiver}: no mail address`)
        continue
      }
      const letter = { key: `log-${settings.id}-${due}-${receiver}`, ...text, files }
      const delivery = await mail.call(channel(settings.channel ?? ''), letter, address, this.#stopped.signal)
      if (delivery.is === 'delivered') mailed.add(receiver)
      else wrong.push(`${receiver}: ${delivery.why}`)
    }
    return wrong.length === 0 ? undefined : wrong.join('; ')
  }

  #letter(
    settings: DeliverySettings,
    pieces: readonly Piece[],
    isTooLarge: boolean,
  ): { readonly title: string; readonly text: string } {
    const { language, kinds } = settings
    const names = (kinds as readonly LogKind[]).map(kind => logs[kind].name[language])
    const zh = language === 'zh'
    const lines = pieces.map(({ name, sha256 }) => `${name}\n  SHA-256 ${sha256}`)
    const opening = isTooLarge
      ? zh
        ? '文件太大，邮件装不下；请在“记录”页下载，或到约定的目录取。'
        : 'The files are too large for a mail: fetch them on the Logs page or from the folder.'
      : zh
        ? '附上本期记录。每份文件都带有签名证明，可用 zhishou verify 或网页核验。'
        : 'The logs of this period are attached. Each carries its signed proof: check it with zhishou verify.'
    return { title: names.join(zh ? '、' : ', '), text: `${opening}\n\n${lines.join('\n')}\n` }
  }

  /** While the disk takes nothing the attempt counts as failed, and comes again. */
  async #note(settings: DeliverySettings, kind: string, data: Readonly<Record<string, unknown>>): Promise<void> {
    try {
      await this.#parts.act(at => ({ drafts: [{ kind, at, by: 'system', about: settings.id, data }], answer: () => undefined }))
    } catch (error) {
      if (!(error instanceof StoreTrouble) || kind === 'log.delivered') throw error
    }
  }

  /** True when the gateway stopped meanwhile. */
  #passes(length: Millis): Promise<boolean> {
    const { signal } = this.#stopped
    if (signal.aborted) return Promise.resolve(true)
    return new Promise(resolve => {
      const cancel = this.#parts.wall.after(length, () => resolve(false))
      signal.addEventListener('abort', () => (cancel(), resolve(true)), { once: true })
    })
  }

  #inBackground(work: Promise<void>): void {
    const done = work.finally(() => this.#late.delete(done))
    this.#late.add(done)
  }
}
