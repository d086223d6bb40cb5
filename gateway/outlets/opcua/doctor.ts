import type { Words } from '../../../protocols/contract/driver.ts'
import type { Clock, Instant } from '../../../protocols/contract/time.ts'
import type { FaceCounts, FromFace } from './talk.ts'

/** Logins and restarts since the outlet began, the rest since the process that serves now did. */
export type OutletCounts = FaceCounts & { readonly refusedLogins: number; readonly restarts: number }

/** Who came to the door and what became of it. */
export interface Visit {
  readonly at: Instant
  readonly account: string
  readonly from: string
  readonly outcome: 'entered' | 'wrong-password' | 'waiting' | 'busy'
}

/** How the server for SCADAs does. */
export interface FaceReport {
  readonly state: 'starting' | 'serving' | 'down'
  readonly since: Instant
  /** What a client dials, and the SHA-256 fingerprint it should be shown: from when it has served for the first time. */
  readonly address?: string
  readonly fingerprint?: string
  /** Why it does not serve. */
  readonly trouble?: string
  readonly counts: OutletCounts
  /** The newest first. */
  readonly visits: readonly Visit[]
  readonly advice: readonly Words[]
}

const visitsKept = 20
const nothing: OutletCounts = { sessions: 0, refusedWrites: 0, refusedCalls: 0, turnedAway: 0, refusedLogins: 0, restarts: 0 }

/** Listens to what the process says, and knows from it how the server does. */
export class FaceDoctor {
  readonly #wall: Clock
  readonly #visits: Visit[] = []
  #state: FaceReport['state'] = 'starting'
  #since: Instant
  #serves: Pick<FaceReport, 'address' | 'fingerprint'> = {}
  #trouble: string | undefined
  #counts = nothing

  constructor(wall: Clock) {
    this.#wall = wall
    this.#since = wall.now()
  }

  get counts(): OutletCounts {
    return this.#counts
  }

  /** Whether it is news: a trouble that lasts is told once. */
  hear(message: FromFace): boolean {
    switch (message.say) {
      case 'ready': {
        const { address, fingerprint } = message
        this.#serves = { address, fingerprint }
        this.#trouble = undefined
        this.#become('serving')
        return true
      }
      case 'trouble': {
        const isNews = this.#trouble !== message.why
        this.#trouble = message.why
        this.#become('down')
        return isNews
      }
      case 'entered':
        this.#visit({ at: this.#wall.now(), account: message.account, from: message.from, outcome: 'entered' })
        return true
      case 'refused': {
        const { account, from, why } = message
        this.#counts = { ...this.#counts, refusedLogins: this.#counts.refusedLogins + 1 }
        this.#visit({ at: this.#wall.now(), account, from, outcome: why })
        // Whoever guesses on while he has to wait fills no journal: the counter has him.
        return why === 'wrong-password'
      }
      case 'counts': {
        const { say: _, ...counts } = message
        this.#counts = { ...this.#counts, ...counts }
        return false
      }
    }
  }

  /** The process has ended. Whether it is news: where it never came to serve its trouble has been told. */
  died(how: string): boolean {
    const wasServing = this.#state === 'serving'
    const isNews = wasServing || this.#trouble === undefined
    this.#trouble ??= how
    this.#become('down')
    this.#counts = { ...this.#counts, sessions: 0, restarts: this.#counts.restarts + 1 }
    return isNews
  }

  report(): FaceReport {
    return {
      state: this.#state,
      since: this.#since,
      ...this.#serves,
      ...(this.#trouble === undefined ? {} : { trouble: this.#trouble }),
      counts: this.#counts,
      visits: this.#visits,
      advice: this.#advice(),
    }
  }

  /** What every screen says while it does not serve. */
  troubles(): readonly { readonly code: string; readonly say: Words }[] {
    if (this.#state !== 'down') return []
    const why = this.#trouble?.split('\n')[0]?.slice(0, 200) ?? ''
    return [
      {
        code: 'opcua-server',
        say: { zh: `OPC UA 服务没有运行：${why}`, en: `the OPC UA server does not run: ${why}` },
      },
    ]
  }

  #become(state: FaceReport['state']): void {
    if (this.#state !== state) this.#since = this.#wall.now()
    this.#state = state
  }

  #visit(visit: Visit): void {
    this.#visits.unshift(visit)
    this.#visits.length = Math.min(this.#visits.length, visitsKept)
  }

  #advice(): readonly Words[] {
    const { refusedWrites, refusedCalls, turnedAway, refusedLogins } = this.#counts
    const words: Words[] = []
    if (/EADDRINUSE/.test(this.#trouble ?? ''))
      words.push({
        zh: '端口已被别的程序占用：停掉它，或在 opcuaServer 里写另一个 port',
        en: 'Another program has the port: stop it, or write another port at opcuaServer.',
      })
    if (/EACCES|EADDRNOTAVAIL/.test(this.#trouble ?? ''))
      words.push({
        zh: '这个地址或端口不能用：查 opcuaServer 的 host 和 port（1024 以下的端口要有权限）',
        en: 'This address or port cannot be used: check host and port of opcuaServer (ports below 1024 need rights).',
      })
    if (refusedWrites + refusedCalls > 0)
      words.push({
        zh: `客户端想改东西，被拒 ${refusedWrites + refusedCalls} 次：这里只能读，确认报警请在值守里做`,
        en: `Clients tried to change something ${refusedWrites + refusedCalls} times and were refused: this server is for reading; alarms are acknowledged in Zhishou.`,
      })
    if (refusedLogins > 0)
      words.push({
        zh: `${refusedLogins} 次登录被拒：查客户端里的用户名和密码；不是自己人的，在 clients 里写明许可的证书`,
        en: `${refusedLogins} sign-ins were refused: check name and password at the client; if it is none of yours, list the certificates that may come as clients.`,
      })
    if (turnedAway > 100)
      words.push({
        zh: `${turnedAway} 个连接没有登录就被请出去：有人在扫描或冲击这个端口，查防火墙`,
        en: `${turnedAway} connections were shown out without having signed in: somebody scans or hammers the port; check the firewall.`,
      })
    return words
  }
}

/** For `/metrics`; nothing where there is no server. */
export function figuresOf(report: FaceReport | undefined): Readonly<Record<string, number>> {
  if (!report) return {}
  const { sessions, refusedWrites, refusedCalls, turnedAway, refusedLogins, restarts } = report.counts
  return {
    opcua_server_up: report.state === 'serving' ? 1 : 0,
    opcua_server_sessions: sessions,
    opcua_server_refused_writes_total: refusedWrites,
    opcua_server_refused_calls_total: refusedCalls,
    opcua_server_refused_sign_ins_total: refusedLogins,
    opcua_server_turned_away_total: turnedAway,
    opcua_server_restarts_total: restarts,
  }
}
