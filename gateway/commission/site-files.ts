import { basename } from 'node:path'
import type { Words } from '../../protocols/contract/driver.ts'
import type { Clock } from '../../protocols/contract/time.ts'
import type { Draft as JournalDraft } from '../journal/entry.ts'
import { asOf, digestOf, isList, loadFiles, readFiles, withSecrets } from '../site/load.ts'
import type { Loaded, SourceFile } from '../site/load.ts'
import type { Problem, Site } from '../site/site.ts'
import { unifiedDiff } from './diff.ts'
import { changeEntries } from './entries.ts'
import type { EntryChange } from './entries.ts'
import { meaningOf, summaryOf } from './meaning.ts'
import type { Meaning, OpenAlarm } from './meaning.ts'
import { covering, secretsIn } from './secrets.ts'
import { codeOf, notWritable, whyNotWritable, writeSiteFiles } from './site-disk.ts'
import { veiled, withoutAny } from './veil.ts'
import type { Version } from './versions.ts'
import { Versions } from './versions.ts'

export interface SiteFilesParts {
  /** The site file, or the folder of them. */
  readonly path: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where versions are kept. */
  readonly folder: string
  readonly wall: Clock
  readonly version: string
  /** Why this site is not changed from here, where it never is. */
  readonly fixed?: Words
  /** What runs at this moment. */
  readonly running: () => { readonly site: Site; readonly openAlarms: readonly OpenAlarm[] }
  /** Puts another site in the place of the running one. */
  readonly relieve: (site: Site, entry: Omit<JournalDraft, 'at'>) => Promise<Relieved>
  readonly complain: (line: string) => void
}
type Relieved =
  { readonly ok: true } | { readonly ok: false; readonly why: 'disk' | 'stopping' | 'failed'; readonly detail: string }

/** The files as they lie on the disk; their names are plain ones. */
export interface SiteTexts {
  readonly files: readonly SourceFile[]
  readonly digest: string
  /** Of the site that runs: another one where the files were edited by hand and not loaded yet, or are wrong. */
  readonly running: string
  readonly whyNotWritable: Words | undefined
}
export interface SiteDraft {
  readonly files: readonly SourceFile[]
  /** Of the files on the disk that it was made from. */
  readonly before: string
  readonly digest: string
  readonly diff: string
  readonly problems: readonly Problem[]
  /** Absent where the draft is wrong. */
  readonly meaning: Meaning | undefined
}
export type Drafted =
  | { readonly ok: true; readonly draft: SiteDraft }
  | { readonly ok: false; readonly why: 'unreadable'; readonly problem: Problem }
  | { readonly ok: false; readonly why: 'no-such' | 'no-area' | 'by-hand'; readonly id: string }
/** A change as it may be shown to a browser: without texts and without any secret. */
export interface SitePreview extends Omit<SiteDraft, 'files'> {
  /** What others have changed since the state that was named; absent where nobody has, or where that state is not kept. */
  readonly meanwhile: string | undefined
}
export type Previewed = { readonly ok: true; readonly preview: SitePreview } | Exclude<Drafted, { readonly ok: true }>
export type SiteApplied =
  | { readonly ok: true; readonly digest: string; readonly meaning: Meaning }
  | { readonly ok: false; readonly why: 'wrong'; readonly problems: readonly Problem[] }
  /** Somebody else was faster: the files are others than those the change was made from. */
  | { readonly ok: false; readonly why: 'conflict'; readonly digest: string }
  | { readonly ok: false; readonly why: 'not-writable'; readonly detail: Words }
  /** A change that cannot be made in these files. */
  | { readonly ok: false; readonly why: 'unplaced'; readonly unplaced: 'no-such' | 'no-area' | 'by-hand'; readonly id: string }
  | { readonly ok: false; readonly why: 'nothing-changed' | 'another-site' | 'no-such' }
  /** Nothing was changed, or everything is as it was before. */
  | { readonly ok: false; readonly why: 'disk' | 'stopping' | 'failed'; readonly detail: string }

export interface Signature {
  readonly by: string
  readonly why: string
}

/** The site file while the gateway runs: what it says, what a change of it would mean, and changing it, with the way back. */
export class SiteFiles {
  readonly #parts: SiteFilesParts
  readonly #versions: Versions
  #last: Promise<unknown> = Promise.resolve()
  /** The texts that run. */
  #running: readonly SourceFile[] = []
  #wrong: readonly Problem[] = []

  constructor(parts: SiteFilesParts) {
    this.#parts = parts
    this.#versions = new Versions(parts.folder)
  }

  /** Takes down what runs, so that it can be kept as a version when it is replaced. */
  async begin(): Promise<void> {
    const files = await readFiles(this.#parts.path)
    if (isList(files) && digestOf(files) === this.#parts.running().site.digest) this.#running = plain(files)
  }

  async read(): Promise<SiteTexts | Problem> {
    const files = await readFiles(this.#parts.path)
    if (!isList(files)) return files
    return {
      files: plain(files),
      digest: digestOf(files),
      running: this.#parts.running().site.digest,
      whyNotWritable: this.#parts.fixed ?? (await whyNotWritable(this.#parts.path)),
    }
  }

  /** What the change would be; nothing is written. Texts of files that are not named stay as they are. */
  async draft(ask: { readonly files: readonly SourceFile[] } | { readonly changes: readonly EntryChange[] }): Promise<Drafted> {
    const files = await readFiles(this.#parts.path)
    if (!isList(files)) return { ok: false, why: 'unreadable', problem: files }
    const edited = 'changes' in ask ? changeEntries(files, ask.changes) : { ok: true as const, files: laid(files, ask.files) }
    if (!edited.ok) return edited
    const loaded = await this.#load(edited.files)
    const { site, openAlarms } = this.#parts.running()
    const secrets = await withSecrets(edited.files, this.#parts.env)
    return {
      ok: true,
      draft: {
        files: plain(edited.files),
        before: digestOf(files),
        digest: digestOf(edited.files),
        diff: files.map(({ name, text }, index) => unifiedDiff(basename(name), text, edited.files[index]?.text ?? '')).join(''),
        problems: veiled(shown(loaded.problems), edited.files, secrets),
        meaning: loaded.ok ? veiled(meaningOf(site, loaded.site, openAlarms), edited.files, secrets) : undefined,
      },
    }
  }

  /** The same as it may be shown: secrets covered, and what others have written since the state of digest `since`. */
  async preview(changes: readonly EntryChange[], since?: string): Promise<Previewed> {
    const drafted = await this.draft({ changes })
    if (!drafted.ok) return drafted
    const there = await readFiles(this.#parts.path)
    if (!isList(there)) return { ok: false, why: 'unreadable', problem: there }
    const { files, ...draft } = drafted.draft
    const secrets = secretsIn([...there, ...files])
    const old = since === undefined || since === draft.before ? undefined : await this.#stateOf(since)
    return {
      ok: true,
      preview: {
        ...draft,
        diff: shownDiff(plain(there), files),
        problems: withoutAny(draft.problems, secrets),
        meaning: withoutAny(draft.meaning, secrets),
        meanwhile: old && shownDiff(old, plain(there)),
      },
    }
  }

  /** The texts of a change, to be tried on the past. */
  async changed(changes: readonly EntryChange[], before: string): Promise<readonly SourceFile[] | 'conflict' | 'unplaced'> {
    const there = await readFiles(this.#parts.path)
    if (!isList(there) || digestOf(there) !== before) return 'conflict'
    const edited = changeEntries(there, changes)
    return edited.ok ? edited.files : 'unplaced'
  }

  /** Makes the change on what lies on the disk and applies it, as `apply` does; what the texts are stays in the house. */
  change(changes: readonly EntryChange[], before: string, who: Signature): Promise<SiteApplied> {
    return this.#inTurn(async () => {
      const there = await readFiles(this.#parts.path)
      if (!isList(there)) return { ok: false, why: 'wrong', problems: [there] }
      const digest = digestOf(there)
      if (digest !== before) return { ok: false, why: 'conflict', digest }
      const edited = changeEntries(there, changes)
      if (!edited.ok) return { ok: false, why: 'unplaced', unplaced: edited.why, id: edited.id }
      const applied = await this.#write(there, edited.files, who)
      return applied.ok || applied.why !== 'wrong'
        ? applied
        : { ...applied, problems: withoutAny(applied.problems, secretsIn([...there, ...edited.files])) }
    })
  }

  /** Checks, keeps the version of before, writes, and lets it run. `before`: the digest of the files that the change was made from. */
  apply(files: readonly SourceFile[], before: string, who: Signature): Promise<SiteApplied> {
    return this.#inTurn(async () => {
      const there = await readFiles(this.#parts.path)
      if (!isList(there)) return { ok: false, why: 'wrong', problems: [there] }
      const digest = digestOf(there)
      if (digest !== before) return { ok: false, why: 'conflict', digest }
      return this.#write(there, laid(there, files), who)
    })
  }

  /** Puts a version of before back in its place. */
  rollback(to: number, before: string, who: Signature): Promise<SiteApplied> {
    return this.#inTurn(async () => {
      const [there, version] = await Promise.all([readFiles(this.#parts.path), this.#versions.get(to)])
      if (!isList(there)) return { ok: false, why: 'wrong', problems: [there] }
      if (!version) return { ok: false, why: 'no-such' }
      const digest = digestOf(there)
      if (digest !== before) return { ok: false, why: 'conflict', digest }
      return this.#write(there, laid(there, version.files), who)
    })
  }

  versions(): Promise<readonly Version[]> {
    return this.#versions.all()
  }

  /** Lets run what lies on the disk, where somebody has edited it there. */
  reload(who: Signature): Promise<SiteApplied> {
    return this.#inTurn(async () => {
      const { path, fixed } = this.#parts
      if (fixed) return { ok: false, why: 'not-writable', detail: fixed }
      const there = await readFiles(path)
      const loaded: Loaded = isList(there) ? await this.#load(there) : { ok: false, problems: [there] }
      const files = isList(there) ? there : []
      this.#wrong = loaded.ok ? [] : veiled(shown(loaded.problems), files, await withSecrets(files, this.#parts.env))
      if (!loaded.ok || !isList(there)) return { ok: false, why: 'wrong', problems: this.#wrong }
      const refused = this.#refusal(loaded.site)
      if (refused) return refused
      const kept = await this.#keep(this.#running, who).catch(() => undefined)
      return this.#run(loaded.site, there, { ...who, kept: kept?.id })
    })
  }

  /** What somebody should look at. */
  get troubles(): readonly { readonly code: string; readonly say: Words }[] {
    const [first] = this.#wrong.filter(({ severity }) => severity === 'error')
    if (!first) return []
    const place = `${basename(first.file)}:${first.line}:${first.column}`
    return [
      {
        code: 'site-file-wrong',
        say: {
          zh: `磁盘上的现场文件有误（${place}：${first.wrong.zh}），仍按原来的运行`,
          en: `the site file on the disk is wrong (${place}: ${first.wrong.en}); the one of before goes on`,
        },
      },
    ]
  }

  async #write(there: readonly SourceFile[], files: readonly SourceFile[], who: Signature): Promise<SiteApplied> {
    const { path, fixed } = this.#parts
    const loaded = await this.#load(files)
    if (!loaded.ok) {
      const problems = veiled(shown(loaded.problems), files, await withSecrets(files, this.#parts.env))
      return { ok: false, why: 'wrong', problems }
    }
    const refused = this.#refusal(loaded.site)
    if (refused) return refused
    const detail = fixed ?? (await whyNotWritable(path))
    if (detail) return { ok: false, why: 'not-writable', detail }
    let kept: Version | undefined
    try {
      kept = await this.#keep(plain(there), who)
      await writeSiteFiles(path, files, there)
    } catch (error) {
      if (kept) await this.#versions.drop(kept.id).catch(() => {})
      const why = notWritable(codeOf(error))
      return why ? { ok: false, why: 'not-writable', detail: why } : { ok: false, why: 'disk', detail: codeOf(error) }
    }
    const applied = await this.#run(loaded.site, files, { ...who, kept: kept?.id })
    if (applied.ok) return applied
    // What does not run is not to be found by the next start either.
    try {
      await writeSiteFiles(path, there, files)
    } catch (error) {
      this.#parts.complain(`the site file of before could not be put back: ${codeOf(error)}`)
    }
    return applied
  }

  async #run(
    site: Site,
    files: readonly SourceFile[],
    { by, why, kept }: Signature & { readonly kept: number | undefined },
  ): Promise<SiteApplied> {
    const { running, relieve, version } = this.#parts
    const { site: before, openAlarms } = running()
    const meaning = meaningOf(before, site, openAlarms)
    const old = new Map(this.#running.map(({ name, text }) => [name, text]))
    const data = {
      version,
      site: site.id,
      digest: site.digest,
      before: before.digest,
      policies: site.policies,
      speed: 1,
      why,
      files: plain(files).flatMap(({ name, text }) => (old.get(name) === text ? [] : [name])),
      ...summaryOf(meaning),
    }
    const outcome = await relieve(site, { kind: 'site.changed', by, about: site.id, data })
    if (outcome.ok) {
      this.#running = plain(files)
      this.#wrong = []
      return { ok: true, digest: site.digest, meaning }
    }
    if (kept !== undefined) await this.#versions.drop(kept).catch(() => {})
    return outcome
  }

  #refusal(site: Site): SiteApplied | undefined {
    const { site: before } = this.#parts.running()
    // Its journal, its proofs and its data folder carry the name.
    if (site.id !== before.id) return { ok: false, why: 'another-site' }
    return site.digest === before.digest ? { ok: false, why: 'nothing-changed' } : undefined
  }

  async #keep(files: readonly SourceFile[], { by, why }: Signature): Promise<Version | undefined> {
    if (files.length === 0) return undefined
    return this.#versions.keep({ digest: digestOf(files), at: this.#parts.wall.now(), by, why, files })
  }

  /** The texts of that digest: those that run, or a version. */
  async #stateOf(digest: string): Promise<readonly SourceFile[] | undefined> {
    if (this.#running.length > 0 && digestOf(this.#running) === digest) return this.#running
    return (await this.#versions.all()).find(version => version.digest === digest)?.files
  }

  #load(files: readonly SourceFile[]): Promise<Loaded> {
    return loadFiles(files, this.#parts.env, undefined, asOf(this.#parts.wall.now()))
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(act)
    this.#last = turn.catch(() => {})
    return turn
  }
}

/** With the plain names of their files. */
const shown = (problems: readonly Problem[]): readonly Problem[] =>
  problems.map(problem => ({ ...problem, file: basename(problem.file) }))

const plain = (files: readonly SourceFile[]): readonly SourceFile[] =>
  files.map(({ name, text }) => ({ name: basename(name), text }))

/** What differs between two states, file by file, with the secrets covered; a file that only one of them has is not told. */
export function shownDiff(before: readonly SourceFile[], after: readonly SourceFile[]): string {
  const now = new Map(after.map(({ name, text }) => [name, text]))
  return before
    .map(({ name, text }) => {
      const shownTexts = covering(text, now.get(name) ?? text)
      return unifiedDiff(name, shownTexts.before, shownTexts.after)
    })
    .join('')
}

/** The files with the texts that were handed in, by their plain names; a name that is not there changes nothing. */
function laid(files: readonly SourceFile[], texts: readonly SourceFile[]): readonly SourceFile[] {
  const given = new Map(texts.map(({ name, text }) => [basename(name), text]))
  return files.map(({ name, text }) => ({ name, text: given.get(basename(name)) ?? text }))
}
