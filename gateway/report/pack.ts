import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { signed } from '../evidence/signed.ts'
import type { SigningKey } from '../evidence/signed.ts'
import type { Entry } from '../journal/entry.ts'
import { configuredKind, Configurations } from '../site/configuration.ts'
import { lookBackLong } from '../store/past.ts'
import type { Past } from '../store/past.ts'
import { writeZip } from '../zip.ts'
import type { ZipMember } from '../zip.ts'
import { say } from './cell-text.ts'
import { plainName } from './file-name.ts'
import { forms } from './forms.ts'
import { logs } from './logs.ts'
import type { LogMade } from './make.ts'
import { readMe } from './pack-words.ts'
import { digestOf } from './proof-in-file.ts'
import { logFormats } from './question.ts'
import type { Language, LogQuestion } from './question.ts'
import { Seal } from './seal.ts'
import type { Export } from './seal.ts'
import type { PaperSite } from './source.ts'

/** An inspector pack to be made: plain data, so that it can be handed to a thread. */
export interface PackTask {
  readonly site: PaperSite
  /** The data directory. */
  readonly folder: string
  /** One for each log, in the order of the pack. */
  readonly questions: readonly LogQuestion[]
  readonly language: Language
  /** Where it is written; must not exist yet. A folder of the same name and `.parts` stands beside it meanwhile. */
  readonly file: string
  readonly now: Instant
  readonly about: Export
  readonly key: SigningKey | undefined
}

/** What the pack says of itself: the signed list of all its files. */
export interface PackManifest extends Export {
  readonly what: 'zhishou-pack-1'
  readonly files: readonly PackedFile[]
}

export interface PackedFile {
  /** Within the pack, with `/` between folders. */
  readonly name: string
  readonly bytes: number
  /** Hex. */
  readonly sha256: string
}

export const manifestName = 'manifest.json'
/** Built with the dashboard; a pack made without that build has none. */
const verifier = fileURLToPath(new URL('../../dashboard/dist/verifier.html', import.meta.url))

/** Makes the pack of several logs. Throws StoreTrouble, or what the disk says; the file is then the caller's to remove. */
export async function makePack(task: PackTask): Promise<LogMade> {
  const { file, about, key } = task
  const parts = `${file}.parts`
  try {
    mkdirSync(parts, { recursive: true })
    const { names, damaged } = await writeParts(task, parts)
    const files: PackedFile[] = []
    for (const [name, place] of names) files.push({ name, bytes: statSync(place).size, sha256: await digestOf(place) })
    const manifest: PackManifest = { what: 'zhishou-pack-1', ...about, files }
    const text = `${JSON.stringify(key ? signed(manifest, key) : manifest, undefined, 1)}\n`
    const members: ZipMember[] = [
      { name: manifestName, from: { bytes: Buffer.from(text) } },
      ...[...names].map(([name, place]) => ({
        name,
        from: { file: place },
        compress: !/\.(?:pdf|xlsx|jpg|png|webp)$/.test(name),
      })),
    ]
    await writeZip(file, members, about.madeAt as Instant)
    return { bytes: statSync(file).size, sha256: await digestOf(file), damaged }
  } finally {
    rmSync(parts, { recursive: true, force: true })
  }
}

/** Everything that goes into the pack but its manifest: name within the pack → where it lies. */
async function writeParts(
  { site, folder, questions, language, now, about, key }: PackTask,
  parts: string,
): Promise<{ readonly names: ReadonlyMap<string, string>; readonly damaged: number }> {
  const reader = { language, zone: site.timeZone }
  const names = new Map<string, string>()
  const photos = new Set<string>()
  const read = (name: string): string => {
    const place = join(parts, String(names.size))
    names.set(name, place)
    return place
  }
  const put = (name: string, text: string): void => writeFileSync(read(name), text)
  put(
    '读我 README.txt',
    readMe(
      questions.map(({ kind }) => logs[kind].name),
      about,
      key,
    ),
  )
  const damaged = await lookBackLong(folder, async past => {
    for (const question of questions) {
      const configurations = new Configurations(past.entries([configuredKind], 0 as Instant, question.to))
      const watched = citingPhotos(past, question, photos)
      const { name, make } = logs[question.kind]
      const document = make({ site, past: watched, configurations, now }, question)
      const title = plainName(say(name, reader))
      for (const format of logFormats)
        await forms[format].write(
          document,
          read(`${title}/${title}.${format}`),
          language,
          new Seal({ ...about, log: question.kind }, key),
        )
    }
    return past.damaged
  })
  const kept = new Set(photos.size > 0 && existsSync(join(folder, 'photos')) ? readdirSync(join(folder, 'photos')) : [])
  for (const photo of photos)
    if (kept.has(photo)) names.set(`${say(photoFolder, reader)}/${photo}`, join(folder, 'photos', photo))
  if (existsSync(verifier)) names.set('verifier.html', verifier)
  return { names, damaged }
}

const photoFolder: Words = { zh: '照片', en: 'photos' }
const photoName = /[0-9a-f]{64}\.(?:jpg|png|webp)/g

/** The past as it is, and which pictures the entries name that a log reads of its period. */
function citingPhotos(past: Past, { from, to }: LogQuestion, photos: Set<string>): Past {
  function* watched(entries: Iterable<Entry>): Generator<Entry> {
    for (const entry of entries) {
      if (entry.at >= from && entry.at < to) for (const [name] of JSON.stringify(entry.data).matchAll(photoName)) photos.add(name)
      yield entry
    }
  }
  return Object.create(past, {
    entries: { value: (...asked: Parameters<Past['entries']>) => watched(past.entries(...asked)) },
    about: { value: (...asked: Parameters<Past['about']>) => watched(past.about(...asked)) },
  }) as Past
}
