import { X509Certificate } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Instant } from '../../protocols/contract/time.ts'
import { say, sizeText } from './finding.ts'
import type { Finding } from './finding.ts'

/** The runtime the product is made for. */
export function runtime(version: string): Finding {
  const major = Number(version.split('.')[0]?.replace('v', ''))
  const what = say('运行环境', 'Runtime')
  const found = say(`Node ${version}`, `Node ${version}`)
  if (major >= 24) return { code: 'runtime', state: 'good', what, found }
  const remedy = say(
    '用 npm start 或 npx zhishou 启动，它们自带 Node 24',
    'start with npm start or npx zhishou, which bring Node 24',
  )
  return { code: 'runtime', state: 'wrong', what, found, remedy }
}

/** Free space, and how long it lasts at the growth of the data so far. */
export function disk(folder: string, data: { readonly bytes: number; readonly days: number }): Finding {
  const { bavail, bsize } = statfsSync(folder)
  return diskOf(bavail * bsize, data)
}
export function diskOf(free: number, { bytes, days }: { readonly bytes: number; readonly days: number }): Finding {
  const what = say('磁盘空间', 'Disk space')
  const perDay = days >= 1 ? bytes / days : undefined
  const left = perDay === undefined || perDay <= 0 ? undefined : Math.floor(free / perDay)
  const lasts =
    left === undefined || left > 36_500 ? say('', '') : say(`，按现在的增长够 ${left} 天`, `, ${left} days at the growth so far`)
  const found = say(`剩余 ${sizeText(free)}${lasts.zh}`, `${sizeText(free)} free${lasts.en}`)
  const remedy = say('腾出空间，或换大盘；备份要另占一份', 'make room or use a larger disk; a backup needs as much again')
  if (free < 200 * 1024 ** 2 || (left ?? 999) < 7) return { code: 'disk', state: 'wrong', what, found, remedy }
  if (free < 1024 ** 3 || (left ?? 999) < 30) return { code: 'disk', state: 'remark', what, found, remedy }
  return { code: 'disk', state: 'good', what, found }
}

/** Whether the data folder can be written, and is nobody else's to read. */
export function permissions(folder: string): Finding {
  const what = say('数据目录', 'Data folder')
  try {
    accessSync(folder, constants.R_OK | constants.W_OK)
    accessSync(join(folder, 'ledger.db'), constants.R_OK | constants.W_OK)
  } catch {
    const remedy = say(
      '用运行网关的账户执行，或改目录的所有者',
      'run as the account of the gateway, or change the owner of the folder',
    )
    return {
      code: 'permissions',
      state: 'wrong',
      what,
      found: say(`${folder} 不能读写`, `${folder} cannot be read and written`),
      remedy,
    }
  }
  const mode = statSync(join(folder, 'ledger.db')).mode & 0o007
  const isOpen = process.platform !== 'win32' && (statSync(folder).mode & 0o005) === 0o005 && (mode & 0o004) !== 0
  if (isOpen)
    return {
      code: 'permissions',
      state: 'remark',
      what,
      found: say(`${folder} 可读写，但本机其他账户也能读`, `${folder} can be written, and read by every account of this machine`),
      remedy: say(`chmod 700 ${folder}`, `chmod 700 ${folder}`),
    }
  return { code: 'permissions', state: 'good', what, found: say(`${folder} 可读写`, `${folder} can be read and written`) }
}

/** The clock of this machine against that of the disk, and against the newest entry of the journal. */
export function clock(folder: string, { now, newest }: { readonly now: Instant; readonly newest: Instant | undefined }): Finding {
  const what = say('时钟', 'Clock')
  const probe = join(folder, `.zhishou-clock-${process.pid}`)
  let off = 0
  try {
    writeFileSync(probe, '')
    off = Math.round((statSync(probe).mtimeMs - now) / 1_000)
  } catch {
    // A folder that cannot be written has its own line.
  } finally {
    rmSync(probe, { force: true })
  }
  const isBack = newest !== undefined && newest > now + 60_000
  const time = new Date(now).toISOString()
  if (isBack)
    return {
      code: 'clock',
      state: 'wrong',
      what,
      found: say(`现在是 ${time}，早于日志里的最后一条`, `it is ${time}, before the newest entry of the journal`),
      remedy: say('查对时服务（NTP）和主板电池，把时间校准', 'look at the time service (NTP) and the battery, and set the time'),
    }
  if (Math.abs(off) > 5)
    return {
      code: 'clock',
      state: 'remark',
      what,
      found: say(`与磁盘的时间相差 ${off} 秒`, `the disk's time is ${off} s off`),
      remedy: say('给两台机器都配上对时服务（NTP）', 'give both machines a time service (NTP)'),
    }
  return { code: 'clock', state: 'good', what, found: say(time, time) }
}

/** What the product needs beside its code: the font of the PDF, the built pages. */
export function parts(): readonly Finding[] {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const look = (code: string, path: string, what: Finding['what'], remedy: Finding['remedy']): Finding =>
    existsSync(join(root, path))
      ? { code, state: 'good', what, found: say('在', 'present') }
      : { code, state: 'wrong', what, found: say('缺少', 'missing'), ...(remedy && { remedy }) }
  const font = 'node_modules/@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf'
  return [
    look('font', font, say('PDF 的中文字体', 'Chinese font of the PDF'), say('npm ci', 'npm ci')),
    look('pages', 'dashboard/dist/index.html', say('页面', 'Pages'), say('npm start 会重新生成', 'npm start builds them anew')),
  ]
}

const soon = 30 * 86_400_000

/** Certificates of connections that are over or soon will be. */
export function certificates(folder: string, now: Instant): readonly Finding[] {
  const what = say('证书', 'Certificates')
  const found: Finding[] = []
  let count = 0
  for (const file of filesBelow(join(folder, 'connections'))) {
    if (!/\.(pem|crt|cer|der)$/.test(file) || file.includes('/private/')) continue
    try {
      const { validTo } = new X509Certificate(readFileSync(file))
      count += 1
      const left = Date.parse(validTo) - now
      if (left > soon) continue
      const name = file.slice(folder.length + 1)
      found.push({
        code: 'certificate',
        state: left < 0 ? 'wrong' : 'remark',
        what,
        found: left < 0 ? say(`${name} 已过期`, `${name} is over`) : say(`${name} ${validTo} 到期`, `${name} ends ${validTo}`),
        remedy: say(
          '删去它，网关会做新的，再让对方信任；或换上新证书',
          'remove it so that the gateway makes a new one and have the other side trust it, or put a new one there',
        ),
      })
    } catch {
      // No certificate: a list of revoked ones, a request.
    }
  }
  if (found.length > 0 || count === 0) return found
  return [{ code: 'certificate', state: 'good', what, found: say(`${count} 张有效`, `${count} valid`) }]
}

function* filesBelow(folder: string): Generator<string> {
  if (!existsSync(folder)) return
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* filesBelow(path)
    else yield path
  }
}
