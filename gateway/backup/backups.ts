import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Words } from '../../protocols/contract/driver.ts'
import { hours, minutes } from '../../protocols/contract/time.ts'
import type { Cancel, Clock, Instant, Millis } from '../../protocols/contract/time.ts'
import type { Draft } from '../journal/entry.ts'
import { nextTime, Timetable } from '../schedule.ts'
import type { Journal } from '../store/store.ts'
import { copyOut, makeFolder, placeName } from './copy-out.ts'
import { backupDuties, overdue } from './overdue.ts'
import type { BackupDuty, LastTimes } from './overdue.ts'
import { backupName, backupsIn, thinOut } from './shelf.ts'
import type { KeptBackup } from './shelf.ts'
import type { BackupSettings } from './settings.ts'
import type { BackupMade } from './make.ts'
import type { BackupAnswer, BackupWork } from './work.ts'

export interface BackupsParts {
  readonly site: { readonly id: string; readonly name: Words; readonly timeZone: string }
  readonly settings: BackupSettings
  /** The data directory. */
  readonly folder: string
  readonly version: string
  /** Backups go by real time, whatever the demo's. */
  readonly wall: Clock
  readonly journal: Pick<Journal, 'page'>
  readonly mention: (draft: Omit<Draft, 'at'>) => void
}

export type Occasion = 'asked' | 'schedule'
export type MadeOutcome =
  | { readonly ok: true; readonly made: BackupMade }
  | { readonly ok: false; readonly why: 'busy' }
  | { readonly ok: false; readonly why: 'failed'; readonly detail: string }

const retries: readonly Millis[] = [minutes(1), minutes(5), minutes(30)]

/** Makes backups, tries them, carries them out of the house and lets the oldest go. One piece of work at a time. */
export class Backups {
  readonly #parts: BackupsParts
  readonly #folder: string
  readonly #timetable: Timetable | undefined
  readonly #stopped = new AbortController()
  #worker: Worker | undefined
  #running: Promise<unknown> | undefined
  #cancelRetry: Cancel = () => {}
  #cancelWatch: Cancel = () => {}
  /** What the journal says is overdue. */
  readonly #overdue = new Set<BackupDuty>()
  #began: Instant
  #made: Instant | undefined
  #verified: Instant | undefined
  readonly #copied = new Map<string, Instant>()
  #failing: { readonly what: 'make' | 'verify' | 'copy'; readonly why: string; readonly since: Instant } | undefined

  constructor(parts: BackupsParts) {
    this.#parts = parts
    const { settings, site, wall, folder } = parts
    this.#began = wall.now()
    this.#folder = settings.folder ?? join(folder, 'backups')
    const { at } = settings
    if (at !== undefined)
      this.#timetable = new Timetable(
        wall,
        now => nextTime(at, site.timeZone, now),
        () => this.#round(),
      )
  }

  /** What the journal says of earlier runs; then by the timetable. */
  async start(): Promise<void> {
    const { journal } = this.#parts
    const [made] = (await journal.page({ kinds: ['backup.made'], limit: 1, newestFirst: true })).entries
    const [verified] = (await journal.page({ kinds: ['backup.verified'], limit: 1, newestFirst: true })).entries
    const copied = (await journal.page({ kinds: ['backup.copied'], limit: 100, newestFirst: true })).entries
    this.#made = made?.writtenAt
    this.#verified = verified?.writtenAt
    for (const { writtenAt, data } of copied.toReversed()) this.#copied.set(String(data['place']), writtenAt)
    const told = await journal.page({ kinds: ['backup.overdue', 'backup.in-time'], limit: 30, newestFirst: true })
    for (const duty of backupDuties)
      if (told.entries.find(({ about }) => about === duty)?.kind === 'backup.overdue') this.#overdue.add(duty)
    this.#timetable?.start()
    this.#watch()
  }

  /** Every hour: what is owed becomes an alarm, and what was made good ends it. */
  #watch(): void {
    const { settings, site, wall, mention } = this.#parts
    const found = overdue(settings, { last: this.last, began: this.#began, zone: site.timeZone, now: wall.now() })
    for (const duty of backupDuties) {
      if (found.has(duty) === this.#overdue.has(duty)) continue
      if (found.has(duty)) this.#overdue.add(duty)
      else this.#overdue.delete(duty)
      const why = found.has(duty) && this.#failing?.what === duty ? { why: this.#failing.why } : {}
      mention({ kind: found.has(duty) ? 'backup.overdue' : 'backup.in-time', by: 'system', about: duty, data: why })
    }
    this.#cancelWatch = wall.after(hours(1), () => this.#watch())
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    this.#cancelRetry()
    this.#cancelWatch()
    // What was half made is left to nobody: a thread that ends takes its file with it at the next start.
    await this.#worker?.terminate()
    await this.#running?.catch(() => {})
    await this.#timetable?.stop()
  }

  get folder(): string {
    return this.#folder
  }
  get settings(): BackupSettings {
    return this.#parts.settings
  }
  get last(): LastTimes {
    return { made: this.#made, verified: this.#verified, copied: this.#copied }
  }
  get isBusy(): boolean {
    return this.#running !== undefined
  }
  get next(): Instant | undefined {
    const { settings, site, wall } = this.#parts
    return settings.at === undefined ? undefined : nextTime(settings.at, site.timeZone, wall.now())
  }

  list(): Promise<readonly KeptBackup[]> {
    return backupsIn(this.#folder, this.#parts.site.id)
  }

  /** What somebody should look at. */
  get troubles(): readonly { readonly code: string; readonly say: Words }[] {
    if (!this.#failing) return []
    const { what, why } = this.#failing
    const words: Readonly<Record<typeof what, Words>> = {
      make: { zh: `备份没有做成：${why}`, en: `No backup could be made: ${why}` },
      verify: {
        zh: `备份恢复不了：${why}。现在就手动备份一份。`,
        en: `The backup cannot be restored: ${why}. Make another one now.`,
      },
      copy: { zh: `备份送不到异地：${why}`, en: `The backup does not get off site: ${why}` },
    }
    return [{ code: `backup-${what}`, say: words[what] }]
  }

  /** Makes one now, and reads it through. */
  make(why: Occasion, by: string): Promise<MadeOutcome> {
    return this.#alone(() => this.#make(why, by)) ?? Promise.resolve({ ok: false, why: 'busy' })
  }

  /** Restores one on trial; `undefined` while something else is under way. */
  verify(backup: KeptBackup, by: string): Promise<BackupAnswer> | undefined {
    return this.#alone(() => this.#try(backup, by))
  }

  /** What falls due on the timetable: make, thin out, copy out, try. */
  async #round(): Promise<void> {
    await this.#alone(async () => {
      const made = await this.#make('schedule', 'system')
      const { keep, verifyEvery } = this.#parts.settings
      const kept = await this.list()
      const [newest] = kept
      if (!newest || !made.ok) return
      await thinOut(kept, keep, new Set())
      await this.#copyWhatIsDue(newest, made.made.sha256, 0)
      if (this.#isDue(this.#verified, verifyEvery)) await this.#try(newest, 'system')
    })
  }

  /** A little early counts, so that a weekly copy at a daily backup does not slip to the eighth day. */
  #isDue(last: Instant | undefined, every: Millis): boolean {
    return last === undefined || this.#parts.wall.now() - last >= every - minutes(30)
  }

  async #make(why: Occasion, by: string): Promise<MadeOutcome> {
    const { site, settings, folder, wall, version, mention } = this.#parts
    const now = wall.now()
    const file = join(this.#folder, backupName(site.id, now))
    const task = { folder, file, now, version, site: { id: site.id, name: site.name }, passphrase: settings.passphrase }
    const answer = await this.#prepared(() => this.#work({ do: 'make', ...task }))
    if (!answer.ok || !('made' in answer)) return this.#failed('make', answer.ok ? 'no answer' : answer.detail, by)
    const checked = await this.#work({ do: 'check', file })
    if (!checked.ok) return this.#failed('make', checked.detail, by)
    const { manifest, bytes, sha256 } = answer.made
    const { entries, readings, root, secrets, id } = manifest
    this.#made = now
    if (this.#failing?.what === 'make') this.#failing = undefined
    const data = { backup: backupName(site.id, now), id, bytes, sha256, entries, readings, root, secrets, why }
    mention({ kind: 'backup.made', by, data })
    return { ok: true, made: answer.made }
  }

  async #prepared(act: () => Promise<BackupAnswer>): Promise<BackupAnswer> {
    try {
      await makeFolder(this.#folder)
    } catch (error) {
      return { ok: false, why: 'trouble', detail: error instanceof Error ? error.message : String(error) }
    }
    return act()
  }

  async #try(backup: KeptBackup, by: string): Promise<BackupAnswer> {
    const { settings, wall, mention } = this.#parts
    const { passphrase } = settings
    const answer = await this.#work({ do: 'try', file: backup.file, folder: this.#folder, passphrase, now: wall.now() })
    if (!answer.ok || !('manifest' in answer)) {
      this.#failed('verify', `${backup.name}: ${answer.ok ? 'no answer' : answer.detail}`, by)
      return answer
    }
    const { entries, readings, root } = answer.manifest
    this.#verified = wall.now()
    if (this.#failing?.what === 'verify') this.#failing = undefined
    mention({ kind: 'backup.verified', by, data: { backup: backup.name, entries, readings, root } })
    return answer
  }

  async #copyWhatIsDue(backup: KeptBackup, sha256: string, attempt: number): Promise<void> {
    const { settings, wall, mention } = this.#parts
    let why: string | undefined
    for (const place of settings.copies) {
      const name = placeName(place)
      if (!this.#isDue(this.#copied.get(name), settings.copyEvery)) continue
      const copied = await copyOut(backup.file, { place, sha256, wall, stopped: this.#stopped.signal })
      if (this.#stopped.signal.aborted) return
      if (!copied.ok) {
        why = `${name}: ${copied.why}`
        continue
      }
      this.#copied.set(name, wall.now())
      mention({ kind: 'backup.copied', by: 'system', data: { backup: backup.name, place: name, bytes: backup.bytes, sha256 } })
    }
    if (why === undefined) {
      if (this.#failing?.what === 'copy') this.#failing = undefined
      return
    }
    this.#failed('copy', why, 'system')
    const wait = retries[attempt]
    if (wait === undefined) return
    this.#cancelRetry = wall.after(wait, () => void this.#alone(() => this.#copyWhatIsDue(backup, sha256, attempt + 1)))
  }

  #failed(what: 'make' | 'verify' | 'copy', why: string, by: string): MadeOutcome {
    const since = this.#failing?.what === what ? this.#failing.since : this.#parts.wall.now()
    if (!this.#stopped.signal.aborted) {
      this.#failing = { what, why, since }
      this.#parts.mention({ kind: 'backup.failed', by, data: { what, why } })
    }
    return { ok: false, why: 'failed', detail: why }
  }

  #alone<T>(act: () => Promise<T>): Promise<T> | undefined {
    if (this.#running || this.#stopped.signal.aborted) return undefined
    const running = act().finally(() => {
      this.#running = undefined
    })
    this.#running = running
    return running
  }

  #work(task: BackupWork): Promise<BackupAnswer> {
    if (this.#stopped.signal.aborted) return Promise.resolve({ ok: false, why: 'trouble', detail: 'the gateway stops' })
    const worker = new Worker(new URL('./backup-worker.ts', import.meta.url), {
      name: 'backup',
      workerData: task,
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    })
    this.#worker = worker
    return new Promise(resolve => {
      let answer: BackupAnswer = { ok: false, why: 'trouble', detail: 'it was ended' }
      worker.once('message', (said: BackupAnswer) => {
        answer = said
      })
      worker.once('error', error => {
        answer = { ok: false, why: 'trouble', detail: error instanceof Error ? error.message : String(error) }
      })
      worker.once('exit', () => {
        this.#worker = undefined
        resolve(answer)
      })
    })
  }
}
