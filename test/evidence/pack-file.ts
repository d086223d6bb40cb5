import { join } from 'node:path'
import type { PaperSite } from '../../gateway/report/source.ts'
import { paperSiteOf } from '../../gateway/report/source.ts'
import { makePack } from '../../gateway/report/pack.ts'
import type { LogKind } from '../../gateway/report/document.ts'
import { instant } from '../../protocols/contract/time.ts'
import { configured, siteFrom } from '../report/stored.ts'
import { done, readings, stand } from './stand.ts'

const yaml = `
site: { id: greenhill, name: 青山小学 }
connections:
  push: { protocol: http }
areas:
  canteen:
    name: { zh: 食堂, en: Canteen }
    equipment:
      cold-1: { type: fresh-keeping-cabinet, name: 1 号保鲜柜, connection: push, points: { temperature: {}, door: {} } }
      cold-2: { type: fresh-keeping-cabinet, name: 2 号保鲜柜, connection: push, points: { temperature: {}, door: {} } }
`

/** An inspector pack as the product makes it, of a data directory with readings, alarms and sealed periods. Gives its path. */
export async function packFile(
  kinds: readonly LogKind[] = ['alarms', 'temperature'],
): Promise<{ readonly file: string; readonly folder: string }> {
  const whole = await siteFrom(yaml)
  const site: PaperSite = paperSiteOf(whole)
  const ground = await stand()
  await ground.store.journal.append([configured(whole, Date.UTC(2026, 7, 31))])
  await ground.store.historian.record(readings(200))
  await ground.store.journal.append(
    Array.from({ length: 30 }, (_, index) => ({
      ...done,
      at: instant(Date.UTC(2026, 8, 1) + index * 60_000),
      data: { value: index },
    })),
  )
  await ground.notary.prove()
  await ground.store.historian.record(readings(100, 200))
  const { key, head } = await ground.notary.prove()
  const [from, to] = [instant(Date.UTC(2026, 8, 1)), instant(Date.UTC(2026, 8, 1, 2))]
  const file = join(ground.folder, 'pack.zip')
  await makePack({
    site,
    folder: ground.folder,
    questions: kinds.map(kind => ({ kind, from, to, equipment: [], areas: [] })),
    language: 'zh',
    file,
    now: instant(Date.UTC(2026, 8, 2)),
    about: {
      export: 'p-1',
      site: site.id,
      log: kinds.join(','),
      from,
      to,
      madeAt: Date.UTC(2026, 8, 2),
      by: 'wang',
      ...(head && { head }),
    },
    key,
  })
  return { file, folder: ground.folder }
}
