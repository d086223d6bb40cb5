import { createReadStream } from 'node:fs'
import { z } from 'zod'
import { placeName } from '../../backup/copy-out.ts'
import type { KeptBackup } from '../../backup/shelf.ts'
import { note } from '../note.ts'
import { notFound, Refusal } from '../problem.ts'
import { Answer, route } from '../route.ts'
import type { Call } from '../route.ts'
import { list, problem, said, time } from '../shapes.ts'

const tag = 'Backups'
const may = 'administer'
const wireBackup = z.object({ name: z.string(), bytes: z.number(), madeAt: time })
const byName = z.object({ name: z.string().min(1).max(200) })

const show = ({ time: iso }: Pick<Call, 'time'>, { name, bytes, madeAt }: KeptBackup): z.input<typeof wireBackup> => ({
  name,
  bytes,
  madeAt: iso(madeAt),
})

const all = route({
  method: 'GET',
  url: '/api/v1/backups',
  may: 'read-journal',
  summary: 'The backups there are; when one was last made, tried and taken off site; when the next one is due',
  tag,
  answer: z.object({
    items: list(wireBackup),
    next: z.null(),
    state: z.object({
      busy: z.boolean(),
      scheduled: z.string().nullable(),
      dueAt: time.nullable(),
      lastMadeAt: time.nullable(),
      lastVerifiedAt: time.nullable(),
      verifyEvery: z.number(),
      locked: z.boolean(),
      copies: list(z.object({ place: z.string(), lastAt: time.nullable(), every: z.number() })),
      troubles: list(said),
    }),
  }),
  async act(call) {
    const { backups } = call.house.keeping
    const { settings, last, next, isBusy, troubles } = backups
    const iso = (at: Parameters<Call['time']>[0] | undefined): string | null => (at === undefined ? null : call.time(at))
    return {
      items: (await backups.list()).map(one => show(call, one)),
      next: null,
      state: {
        busy: isBusy,
        scheduled: settings.at ?? null,
        dueAt: iso(next),
        lastMadeAt: iso(last.made),
        lastVerifiedAt: iso(last.verified),
        verifyEvery: settings.verifyEvery,
        locked: settings.passphrase !== undefined,
        copies: settings.copies.map(place => {
          const name = placeName(place)
          return { place: name, lastAt: iso(last.copied.get(name)), every: settings.copyEvery }
        }),
        troubles: troubles.map(({ say }) => say),
      },
    }
  },
})

const make = route({
  method: 'POST',
  url: '/api/v1/backups',
  may,
  summary: 'Makes a backup now and reads it through; answers when it is on disk',
  tag,
  answers: { 201: wireBackup, 429: problem, 503: problem },
  async act(call) {
    const { backups } = call.house.keeping
    const outcome = await backups.make('asked', call.who?.name ?? '')
    if (!outcome.ok) throw outcome.why === 'busy' ? busy : failed(outcome.detail)
    const [found] = (await backups.list()).filter(({ file }) => file === outcome.made.file)
    const { file, bytes, manifest } = outcome.made
    return new Answer(201, show(call, found ?? { name: file, file, bytes, madeAt: manifest.madeAt as KeptBackup['madeAt'] }))
  },
})

const verify = route({
  method: 'POST',
  url: '/api/v1/backups/:name/verify',
  may,
  summary: 'Restores a backup on trial, opens and counts it; nothing of it stays',
  tag,
  params: byName,
  answer: z.object({ entries: z.number(), readings: z.number(), root: z.string() }),
  answers: { 404: problem, 409: problem, 429: problem },
  async act(call) {
    const { backups } = call.house.keeping
    const answer = await (backups.verify(await named(call), call.who?.name ?? '') ?? Promise.reject(busy))
    if (!answer.ok)
      throw new Refusal('conflict', {
        zh: `这份备份恢复不了：${answer.detail}。请另做一份。`,
        en: `This backup cannot be restored: ${answer.detail}. Make another one.`,
      })
    if (!('manifest' in answer)) throw busy
    const { entries, readings, root } = answer.manifest
    return { entries, readings, root }
  },
})

const download = route({
  method: 'GET',
  url: '/api/v1/backups/:name',
  may,
  summary: 'A backup as its file',
  tag,
  params: byName,
  answers: { 200: z.unknown(), 404: problem },
  async act(call) {
    const found = await named(call)
    await note(call.house, {
      kind: 'backup.downloaded',
      by: call.who?.name ?? '',
      data: { backup: found.name, bytes: found.bytes },
    })
    return new Answer(200, createReadStream(found.file), {
      type: 'application/zip',
      headers: { 'content-length': String(found.bytes), 'content-disposition': `attachment; filename="${found.name}"` },
    })
  },
})

/** Only what the list has: a name is no path. */
async function named({ house, params }: Call<{ readonly name: string }>): Promise<KeptBackup> {
  const found = (await house.keeping.backups.list()).find(({ name }) => name === params.name)
  if (!found) throw notFound({ zh: '没有这份备份。', en: 'There is no such backup.' })
  return found
}

const busy = new Refusal('too-many', { zh: '正在备份或核验，请稍候。', en: 'A backup is being made or tried: wait a moment.' })
const failed = (detail: string): Refusal =>
  new Refusal('not-recordable', { zh: `没有备份成功：${detail}`, en: `No backup could be made: ${detail}` })

export const backupsRoutes = [all, make, verify, download]
