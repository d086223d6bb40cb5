import { days } from '../../protocols/contract/time.ts'
import type { Instant, Millis } from '../../protocols/contract/time.ts'
import { agoText, say } from './finding.ts'
import type { Finding } from './finding.ts'

/** When things were last done, as the journal has it (real time), and how often they should be. */
export interface RecordTimes {
  readonly now: Instant
  readonly made: Instant | undefined
  readonly verified: Instant | undefined
  readonly copied: Instant | undefined
  readonly head: Instant | undefined
  readonly sealed: Instant | undefined
  readonly outsideBehindSince: Instant | undefined
  /** `undefined` where no site file could be read. */
  readonly settings:
    | {
        readonly scheduled: boolean
        readonly copies: number
        readonly copyEvery: Millis
        readonly verifyEvery: Millis
        readonly headCopies: number
      }
    | undefined
}

const grace = days(2)

/** Backups, signed heads, sealed readings, outside historians. */
export function recordFindings(times: RecordTimes): readonly Finding[] {
  const { now, settings, made, verified, copied, head, sealed, outsideBehindSince } = times
  const age = (at: Instant | undefined): number => (at === undefined ? Number.POSITIVE_INFINITY : now - at)
  const never = say('从来没有', 'never')
  const when = (at: Instant | undefined): Finding['found'] => (at === undefined ? never : agoText(at, now))
  const line = (
    code: string,
    what: Finding['what'],
    at: Instant | undefined,
    state: Finding['state'],
    remedy: Finding['remedy'],
  ): Finding => ({
    code,
    state,
    what,
    found: when(at),
    ...(state !== 'good' && remedy ? { remedy } : {}),
  })
  const backupDue = settings?.scheduled ? grace : days(7)
  const found: Finding[] = [
    line(
      'backup',
      say('上次备份', 'Last backup'),
      made,
      age(made) <= backupDue ? 'good' : 'wrong',
      settings?.scheduled
        ? say(
            '看“系统”页上次为什么没做成，或执行 zhishou backup',
            'see on the System page why the last one failed, or run zhishou backup',
          )
        : say(
            '在现场文件写 `backup: { at: daily }`，或执行 zhishou backup',
            'write `backup: { at: daily }` into the site file, or run zhishou backup',
          ),
    ),
    line(
      'backup-verified',
      say('上次试恢复成功', 'Last backup that was restored on trial'),
      verified,
      age(verified) <= (settings?.verifyEvery ?? days(30)) + grace ? 'good' : 'wrong',
      say(
        '在“系统”页点“核验”，或执行 zhishou restore 到一个空目录',
        'press Verify on the System page, or run zhishou restore into an empty folder',
      ),
    ),
    line(
      'backup-offsite',
      say('上次异地备份', 'Last copy off site'),
      copied,
      age(copied) <= (settings?.copyEvery ?? days(7)) + grace ? 'good' : settings && settings.copies > 0 ? 'wrong' : 'remark',
      settings && settings.copies > 0
        ? say('查共享目录是否挂上、网络和令牌', 'see that the share is mounted, the network and the token')
        : say('在 backup 下写 copies: [{ folder: /mnt/nas }]', 'write copies: [{ folder: /mnt/nas }] below `backup`'),
    ),
    line(
      'head',
      say('上次给日志签名', 'Journal last signed'),
      head,
      age(head) <= grace ? 'good' : 'wrong',
      say('启动网关；若它在运行，看页面上的提示', 'start the gateway; if it runs, read what its pages say'),
    ),
    line(
      'sealed',
      say('上次封存读数', 'Readings last sealed'),
      sealed,
      age(sealed) <= grace ? 'good' : 'remark',
      say('网关运行时每小时封存一次；启动它', 'a running gateway seals every hour: start it'),
    ),
  ]
  if (settings && settings.headCopies === 0)
    found.push({
      code: 'head-outside',
      state: 'remark',
      what: say('签名的副本', 'Copies of signed heads'),
      found: say('没有送到别处', 'none leaves the house'),
      remedy: say(
        '在 evidence 下写 copies: [{ folder: /mnt/other }]，这样谁也不能悄悄换掉整个日志',
        'write copies: [{ folder: /mnt/other }] below `evidence`, so that nobody can exchange the whole journal unseen',
      ),
    })
  if (outsideBehindSince !== undefined)
    found.push({
      code: 'outside',
      state: 'wrong',
      what: say('外部历史库', 'Outside historian'),
      found: say(`${agoText(outsideBehindSince, now).zh}起跟不上`, `behind since ${agoText(outsideBehindSince, now).en}`),
      remedy: say(
        '查它是否开着、地址和令牌；数据在本机等着，不会丢',
        'see that it is up, its address and token; the data wait here, nothing is lost',
      ),
    })
  return found
}
