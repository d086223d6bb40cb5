import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Words } from '../../protocols/contract/driver.ts'
import type { Instant } from '../../protocols/contract/time.ts'
import { writeEvidence } from '../evidence/bundle.ts'
import { signed } from '../evidence/signed.ts'
import type { Manifest, SigningKey } from '../evidence/signed.ts'
import { configuredKind, Configurations } from '../site/configuration.ts'
import { lookBackLong } from '../store/past.ts'
import { writeZip } from '../zip.ts'
import type { ZipMember } from '../zip.ts'
import { say } from './cell-text.ts'
import { Cited } from './cited.ts'
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
    const files: Manifest['files'][number][] = []
    for (const [name, place] of names) files.push({ name, bytes: statSync(place).size, sha256: await digestOf(place) })
    const manifest: Manifest = { what: 'zhishou-pack-1', ...about, files }
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
  const cited = new Cited(
    site.points.map(({ id }) => id),
    about.from,
    about.to,
  )
  const placeFor = (name: string): string => {
    const place = join(parts, String(names.size))
    names.set(name, place)
    return place
  }
  const put = (name: string, text: string): void => writeFileSync(placeFor(name), text)
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
      const { name, make } = logs[question.kind]
      const document = cited.follow(make({ site, past: cited.watch(past), configurations, now }, question))
      const title = plainName(say(name, reader))
      for (const format of logFormats)
        await forms[format].write(
          document,
          placeFor(`${title}/${title}.${format}`),
          language,
          new Seal({ ...about, log: question.kind }, key),
        )
    }
    if (about.head) {
      const asked = {
        points: [...cited.points].toSorted(),
        from: about.from as Instant,
        to: about.to as Instant,
        seqs: cited.entries,
      }
      for (const { name, file } of writeEvidence(past, asked, about.head, join(parts, 'evidence'))) names.set(name, file)
    }
    return past.damaged
  })
  const { photos } = cited
  const kept = new Set(photos.size > 0 && existsSync(join(folder, 'photos')) ? readdirSync(join(folder, 'photos')) : [])
  for (const photo of photos)
    if (kept.has(photo)) names.set(`${say(photoFolder, reader)}/${photo}`, join(folder, 'photos', photo))
  if (existsSync(verifier)) names.set('verifier.html', verifier)
  return { names, damaged }
}

const photoFolder: Words = { zh: '照片', en: 'photos' }
