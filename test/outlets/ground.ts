import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClientSession, ClientSubscription, UserIdentityInfo } from 'node-opcua-client'
import * as opcua from 'node-opcua-client'
import { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import type { Alarm, AlarmId } from '../../gateway/alarm/alarm.ts'
import type { Draft } from '../../gateway/journal/entry.ts'
import { OpcuaOutlet } from '../../gateway/outlets/opcua/outlet.ts'
import type { RuleId } from '../../gateway/policy/rule.ts'
import { readSite } from '../../gateway/site/load.ts'
import { loadShelf } from '../../gateway/site/shelf.ts'
import type { Site } from '../../gateway/site/site.ts'
import type { PointId, Reading } from '../../protocols/contract/reading.ts'
import { instant } from '../../protocols/contract/time.ts'
import { http } from '../../protocols/http/driver.ts'
import { freePort, realClock } from '../protocols/kit.ts'

opcua.setWarningLogger(() => {})
opcua.setErrorLogger(() => {})

export const password = 'watch-the-fridges'

const text = (port: number, more: string): string => `
site: { id: greenhill, name: { zh: 青山小学, en: Greenhill School } }
connections: { push: { protocol: http } }
opcuaServer:
  port: ${port}
  accounts: { scada: ${password} }
  ${more}
areas:
  canteen:
    name: { zh: 食堂, en: Canteen }
    equipment:
      cold-1:
        type: fresh-keeping-cabinet
        name: { zh: 1 号保鲜柜, en: Fresh-keeping cabinet 1 }
        connection: push
        points: { temperature: {}, door: {} }
`

export async function siteOn(port: number, more = ''): Promise<Site> {
  const loaded = readSite([{ name: 'site.yaml', text: text(port, more) }], {}, [http], await loadShelf())
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  return loaded.site
}

export interface Ground {
  readonly site: Site
  readonly outlet: OpcuaOutlet
  readonly address: string
  readonly said: Omit<Draft, 'at'>[]
  readonly port: number
  stop(): Promise<void>
}

/** A face that listens, for a canteen with one cabinet. */
export async function startFace({
  more = '',
  latest = [],
  openAlarms = [],
}: { more?: string; latest?: readonly Reading[]; openAlarms?: readonly Alarm[] } = {}): Promise<Ground> {
  const port = await freePort()
  const site = await siteOn(port, more)
  const folder = mkdtempSync(join(tmpdir(), 'zhishou-face-'))
  const said: Omit<Draft, 'at'>[] = []
  const mention = (draft: Omit<Draft, 'at'>): void => void said.push(draft)
  const outlet = new OpcuaOutlet({
    site,
    clock: realClock,
    wall: realClock,
    folder,
    version: 'test',
    latest,
    openAlarms,
    mention,
  })
  await outlet.start()
  const address = await outlet.ready
  return {
    site,
    outlet,
    address,
    said,
    port,
    async stop() {
      await outlet.stop()
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

export const good = (point: string, value: number, at = Date.now()): Reading => ({
  point: point as PointId,
  at: instant(at),
  receivedAt: instant(at),
  value,
  quality: 'good',
})

export function alarmOf(rule: string, state: Alarm['state'], more: Partial<Alarm> = {}): Alarm {
  return {
    id: 'A1' as AlarmId,
    rule: rule as RuleId,
    state,
    priority: 'high',
    active: state !== 'normal' && state !== 'returned-unacknowledged',
    since: instant(Date.now() - 60_000),
    raisedAt: instant(Date.now()),
    times: 1,
    found: 'live',
    ...more,
  }
}

/** A SCADA nobody here wrote: the client of the node-opcua project, with keys of its own. */
export interface Scada {
  readonly client: opcua.OPCUAClient
  readonly session: ClientSession
  events(fields: readonly string[]): Promise<EventLog>
  leave(): Promise<void>
}

export interface Way {
  /** Says nothing unless it is asked to. */
  readonly isSilent?: boolean
  readonly user?: UserIdentityInfo
  readonly policy?: opcua.SecurityPolicy
  readonly mode?: opcua.MessageSecurityMode
}

export const asScada = (word = password, userName = 'scada'): UserIdentityInfo => ({
  type: opcua.UserTokenType.UserName,
  userName,
  password: word,
})

export async function connect(address: string, way: Way = {}): Promise<Scada> {
  const folder = mkdtempSync(join(tmpdir(), 'zhishou-scada-'))
  const manager = new OPCUACertificateManager({ rootFolder: folder, automaticallyAcceptUnknownCertificate: true })
  await manager.initialize()
  const client = opcua.OPCUAClient.create({
    applicationName: 'SCADA',
    clientCertificateManager: manager,
    securityPolicy: way.policy ?? opcua.SecurityPolicy.Basic256Sha256,
    securityMode: way.mode ?? opcua.MessageSecurityMode.SignAndEncrypt,
    endpointMustExist: false,
    keepSessionAlive: !way.isSilent,
    connectionStrategy: { maxRetry: 0, initialDelay: 100, maxDelay: 100 },
  })
  const leave = async (): Promise<void> => {
    await client.disconnect().catch(() => {})
    await manager.dispose()
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
  try {
    await client.connect(address)
    const session = await client.createSession(way.user ?? asScada())
    return { client, session, leave, events: fields => EventLog.on(session, fields) }
  } catch (error) {
    await leave()
    throw error
  }
}

/** Every event of the server object, by the names of the fields asked for. */
export class EventLog {
  readonly heard: Record<string, unknown>[] = []
  readonly subscription: ClientSubscription
  readonly #session: ClientSession
  readonly #waiting = new Set<() => void>()

  private constructor(session: ClientSession, subscription: ClientSubscription) {
    this.#session = session
    this.subscription = subscription
  }

  /** ConditionRefresh for this subscription. */
  refresh(): Promise<opcua.StatusCode> {
    return opcua.callConditionRefresh(this.#session, this.subscription.subscriptionId)
  }

  static async on(session: ClientSession, fields: readonly string[]): Promise<EventLog> {
    const subscription = await session.createSubscription2({
      requestedPublishingInterval: 50,
      requestedLifetimeCount: 1_000,
      requestedMaxKeepAliveCount: 100,
      publishingEnabled: true,
    })
    const log = new EventLog(session, subscription)
    const item = await subscription.monitor(
      { nodeId: 'ns=0;i=2253', attributeId: opcua.AttributeIds.EventNotifier },
      { queueSize: 1_000, filter: opcua.constructEventFilter([...fields]), samplingInterval: 0 },
      opcua.TimestampsToReturn.Both,
    )
    item.on('changed', (values: unknown) => {
      const list = values as { value: unknown }[]
      log.heard.push(Object.fromEntries(fields.map((field, index) => [field, list[index]?.value])))
      for (const look of log.#waiting) look()
    })
    return log
  }

  async until(is: (event: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.heard.find(is)
      if (found) return found
      await new Promise<void>(resolve => {
        const look = (): void => {
          this.#waiting.delete(look)
          resolve()
        }
        this.#waiting.add(look)
      })
    }
  }
}
