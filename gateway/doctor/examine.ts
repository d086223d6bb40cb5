import { createConnection } from 'node:net'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Words } from '../../protocols/contract/driver.ts'
import { seconds } from '../../protocols/contract/time.ts'
import type { Clock, Instant } from '../../protocols/contract/time.ts'
import { paperSiteIn } from '../report/paper.ts'
import { KeepingBook } from '../retention/plan.ts'
import { asOf, loadSite } from '../site/load.ts'
import type { Loaded } from '../site/load.ts'
import { openStoreReadOnly } from '../store/open.ts'
import type { EmbeddedStore } from '../store/open.ts'
import { StoreTrouble } from '../store/store.ts'
import { say, sizeText } from './finding.ts'
import type { Finding } from './finding.ts'
import { certificates, clock, disk, parts, permissions, runtime } from './machine.ts'
import { recordFindings } from './records.ts'

export interface Examined {
  readonly folder: { readonly found: string } | { readonly missing: Words }
  /** A site file; else the copy beside the data. */
  readonly site: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: Instant
  readonly wall: Clock
}

/** Looks at everything there is, in the order in which one would mend it. Changes nothing. */
export async function examine(asked: Examined): Promise<readonly Finding[]> {
  const { folder: place, env, now } = asked
  const findings: Finding[] = [runtime(process.version), ...parts()]
  if (!('found' in place)) {
    const remedy = say('先启动网关一次，或用 --data 指明', 'start the gateway once, or name it with --data')
    return [...findings, { code: 'data', state: 'wrong', what: say('数据目录', 'Data folder'), found: place.missing, remedy }]
  }
  const folder = place.found
  findings.push(permissions(folder))
  const file = asked.site ?? join(folder, 'site-files')
  const loaded = existsSync(file) ? await loadSite(file, env, undefined, asOf(now)) : undefined
  findings.push(siteFinding(loaded, file), zoneFinding(folder))
  let store: EmbeddedStore | undefined
  try {
    store = await openStoreReadOnly(folder, { wall: asked.wall })
    findings.push(...(await storeFindings(store, folder, loaded, now)))
  } catch (error) {
    if (!(error instanceof StoreTrouble) && !(error instanceof Error)) throw error
    const remedy = say(
      '启动网关：它会把损坏的文件放到一边；再用备份恢复',
      'start the gateway, which sets a damaged file aside; then restore a backup',
    )
    findings.push({ code: 'store', state: 'wrong', what: say('数据', 'Data'), found: say(error.message, error.message), remedy })
  } finally {
    await store?.close()
  }
  findings.push(...certificates(folder, now))
  if (loaded?.ok) findings.push(await portFinding(loaded.site.server, asked.wall))
  return findings
}

function siteFinding(loaded: Loaded | undefined, file: string): Finding {
  const what = say('现场文件', 'Site file')
  const remedy = say(`zhishou check ${file}`, `zhishou check ${file}`)
  if (!loaded)
    return {
      code: 'site',
      state: 'remark',
      what,
      found: say('没有找到', 'not found'),
      remedy: say('用 --site 指明', 'name it with --site'),
    }
  const count = (severity: string): number => loaded.problems.filter(problem => problem.severity === severity).length
  const [errors, warnings] = [count('error'), count('warning')]
  const found = say(`${errors} 个错误，${warnings} 个提醒`, `${errors} errors, ${warnings} warnings`)
  // What a variable leaves open is known only to the gateway's own environment.
  const isOnlyEnvironment = loaded.problems.every(({ severity, code }) => severity !== 'error' || code === 'env-missing')
  if (errors === 0) return { code: 'site', state: 'good', what, found }
  return { code: 'site', state: isOnlyEnvironment ? 'remark' : 'wrong', what, found, remedy }
}

function zoneFinding(folder: string): Finding {
  const what = say('时区', 'Time zone')
  const zone = paperSiteIn(folder)?.timeZone
  if (zone === undefined)
    return {
      code: 'zone',
      state: 'remark',
      what,
      found: say('还不知道', 'not known yet'),
      remedy: say('启动网关一次', 'start the gateway once'),
    }
  return { code: 'zone', state: 'good', what, found: say(zone, zone) }
}

async function storeFindings(
  store: EmbeddedStore,
  folder: string,
  loaded: Loaded | undefined,
  now: Instant,
): Promise<readonly Finding[]> {
  const newestOf = async (kind: string): Promise<Instant | undefined> =>
    (await store.journal.page({ kinds: [kind], limit: 1, newestFirst: true })).entries[0]?.writtenAt
  const [first] = (await store.journal.page({ limit: 1 })).entries
  const [last] = (await store.journal.page({ limit: 1, newestFirst: true })).entries
  const { bytes, entries, readings } = await store.stats()
  const [behind, caughtUp] = [await newestOf('outside.behind'), await newestOf('outside.caught-up')]
  const keeping = loaded?.ok ? loaded.site.keeping : undefined
  const count = new Intl.NumberFormat('en')
  const days = first ? (now - first.writtenAt) / 86_400_000 : 0
  const size = say(
    `${sizeText(bytes)}，日志 ${count.format(entries)} 条，读数 ${count.format(readings)} 个`,
    `${sizeText(bytes)}, ${count.format(entries)} journal entries, ${count.format(readings)} readings`,
  )
  const damage: Finding[] = store.damage.map(({ file, why }) => ({
    code: 'damage',
    state: 'wrong',
    what: say('损坏', 'Damage'),
    found: say(`${file}：${why}`, `${file}: ${why}`),
    remedy: say('用最近核验过的备份恢复；先查磁盘', 'restore the last verified backup; look at the disk first'),
  }))
  return [
    { code: 'store', state: 'good', what: say('数据', 'Data'), found: size },
    ...damage,
    disk(folder, { bytes, days }),
    clock(folder, { now, newest: last?.writtenAt }),
    ...recordFindings({
      now,
      made: await newestOf('backup.made'),
      verified: await newestOf('backup.verified'),
      copied: await newestOf('backup.copied'),
      head: await newestOf('evidence.head'),
      sealed: await newestOf('readings.sealed'),
      outsideBehindSince: behind !== undefined && behind > (caughtUp ?? 0) ? behind : undefined,
      settings: keeping && {
        scheduled: keeping.backup.at !== undefined,
        copies: keeping.backup.copies.length,
        copyEvery: keeping.backup.copyEvery,
        verifyEvery: keeping.backup.verifyEvery,
        headCopies: keeping.evidence.copies.length,
      },
    }),
    ...(loaded?.ok ? [retentionFinding(loaded)] : []),
  ]
}

function retentionFinding({ site }: Extract<Loaded, { ok: true }>): Finding {
  const { kinds } = new KeepingBook({ ...site, settings: site.keeping.retention })
  const { remove } = site.keeping.retention
  const what = say('保存年限', 'Retention')
  if (remove)
    return {
      code: 'retention',
      state: 'good',
      what,
      found: say(`${kinds.length} 类记录，到期每晚清理`, `${kinds.length} kinds of record, what is over goes at night`),
    }
  return {
    code: 'retention',
    state: 'remark',
    what,
    found: say('到期不清理（remove: false）', 'nothing is removed (remove: false)'),
  }
}

/** Whether the port answers: by the gateway itself, or by something else that will keep it from starting. */
async function portFinding({ host, port }: { readonly host: string; readonly port: number }, wall: Clock): Promise<Finding> {
  const what = say('端口', 'Port')
  const address = `${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`
  const answers = await new Promise<boolean>(resolve => {
    const socket = createConnection({ host: host === '0.0.0.0' ? '127.0.0.1' : host, port })
    const cancel = wall.after(seconds(2), () => socket.destroy(new Error('slow')))
    const end = (open: boolean): void => {
      cancel()
      socket.destroy()
      resolve(open)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
  if (!answers) return { code: 'port', state: 'good', what, found: say(`${address} 空闲`, `${address} is free`) }
  const ended = new AbortController()
  const cancel = wall.after(seconds(3), () => ended.abort())
  const ours = await fetch(`http://${address}/healthz`, { signal: ended.signal })
    .then(response => response.ok)
    .catch(() => false)
  cancel()
  if (ours) return { code: 'port', state: 'good', what, found: say(`网关在 ${address} 上运行`, `the gateway runs on ${address}`) }
  const remedy = say(
    '换一个端口（site.server.port），或停掉占用它的程序',
    'name another port (site.server.port), or stop what uses it',
  )
  return { code: 'port', state: 'wrong', what, found: say(`${address} 被别的程序占用`, `something else uses ${address}`), remedy }
}
