import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Draft } from '../../gateway/journal/entry.ts'
import { keepPaperSite } from '../../gateway/report/paper.ts'
import { paperSiteOf } from '../../gateway/report/source.ts'
import type { Site } from '../../gateway/site/site.ts'
import { openStore } from '../../gateway/store/open.ts'
import { instant } from '../../protocols/contract/time.ts'
import { wall } from '../store/folder.ts'
import { newFolder, testKey } from './sheet.ts'
import { configured, everyMinute, hour, siteFrom } from './stored.ts'

export const photo = `${'ab'.repeat(32)}.jpg`

/** A school of one cabinet and one tank whose name tries to be a folder. */
export const schoolYaml = `site: { id: greenhill, name: { zh: "青山/小学", en: "Greenhill/School" }, timeZone: Asia/Shanghai, policies: [canteen] }
connections:
  push: { protocol: http }
areas:
  canteen:
    name: { zh: 食堂, en: Canteen }
    equipment:
      cold-1:
        type: fresh-keeping-cabinet
        name: { zh: 1 号保鲜柜, en: Cabinet 1 }
        connection: push
        points: { temperature: {} }
`

/** A data folder as a gateway left it: two days of one cabinet, a record with a picture, a key. */
export async function filled(
  from: number,
  options: { readonly withKey?: boolean } = {},
): Promise<{ readonly folder: string; readonly site: Site }> {
  const { withKey = true } = options
  const site = await siteFrom(schoolYaml)
  const folder = newFolder()
  const store = await openStore(folder, { wall })
  await store.historian.listening(instant(from))
  await store.historian.record(
    everyMinute('cold-1.temperature', from, from + 48 * hour, at => 4 + Math.round(Math.sin(at / 3e6) * 10) / 10),
  )
  const record: Draft = {
    kind: 'record.defrost',
    at: instant(from + hour),
    by: 'wang',
    about: 'cold-1',
    data: { equipment: 'cold-1', verdict: 'done', fields: {}, photos: [photo] },
  }
  await store.journal.append([configured(site, from), record])
  if (withKey) await store.accounts.put('secret', 'evidence-key', testKey)
  await store.close()
  keepPaperSite(folder, paperSiteOf(site))
  await mkdir(join(folder, 'photos'), { recursive: true })
  await writeFile(join(folder, 'photos', photo), 'a picture')
  return { folder, site }
}
