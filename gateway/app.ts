import { join } from 'node:path'
import type { Driver, Outbound, Words } from '../protocols/contract/driver.ts'
import type { PointId, Reading } from '../protocols/contract/reading.ts'
import { seconds } from '../protocols/contract/time.ts'
import type { Clock, Instant, Millis } from '../protocols/contract/time.ts'
import { Accounts } from './accounts/accounts.ts'
import { PushSubscriptions, secretsOn } from './accounts/push-subscriptions.ts'
import { BackupAlarm } from './alarm/backup-alarm.ts'
import { AlarmDesk } from './alarm/desk.ts'
import type { Follower } from './alarm/follow.ts'
import { ClockAlarm } from './alarm/clock-alarm.ts'
import { LockOuts } from './alarm/lock-outs.ts'
import { Modes } from './alarm/modes.ts'
import { Nuisance } from './alarm/nuisance.ts'
import { OutsideAlarm } from './alarm/outside-alarm.ts'
import { RootCauses } from './alarm/root-causes.ts'
import { Unanswered } from './alarm/unanswered.ts'
import type { Demo, House, Trouble } from './api/house.ts'
import { serve } from './api/serve.ts'
import { Backtester } from './backtests.ts'
import { Board } from './board.ts'
import { Cases } from './cases/cases.ts'
import type { CasesParts } from './cases/cases.ts'
import { ClockWatch } from './clock-watch.ts'
import { SteadyClock, thisBoot } from './clock.ts'
import { Closing } from './closing.ts'
import { Office } from './duty/office.ts'
import { Handovers } from './handover/handovers.ts'
import { openKeeping } from './keeping.ts'
import { openNotices } from './notify/notices.ts'
import { Rounds } from './rounds/rounds.ts'
import { publicPushKey } from './notify/channels/web-push.ts'
import { MqttOutlet } from './notify/mqtt.ts'
import { Pipeline } from './pipeline.ts'
import { Photos } from './records/photos.ts'
import { Evaluator } from './policy/evaluator.ts'
import { ruleKinds } from './policy/kinds.ts'
import { recallVerdicts, restore } from './restore.ts'
import { cite } from './site/citation.ts'
import { noteConfiguration } from './site/configured.ts'
import { siteBook } from './site/site-book.ts'
import type { Connection, Site } from './site/site.ts'
import type { Store } from './store/store.ts'

/** Everything a test replaces. */
export interface Ports {
  readonly clock: Clock & { readonly speed: number }
  readonly wall: Clock
  /** Opened on the data directory before the domain clock is set, because the clock goes on from where the last run was. */
  readonly store: Store
  /** The data directory; drivers keep their own things below it. */
  readonly folder: string
  readonly host: string
  readonly port: number
  readonly dashboardFolder: string
  readonly version: string
  /** From the environment, for the first account. */
  readonly adminPassword: string | undefined
  /** The demo's simulated equipment; hears of the board so that screens learn of its faults. */
  readonly demo?: (board: Board) => Demo
  /** Resolves when there is equipment to talk to; polling begins then. */
  readonly equipment?: Promise<void>
  /** Where the site was read from, so that a change can be tried on it. */
  readonly source?: { readonly path: string; readonly env: Readonly<Record<string, string | undefined>> }
  readonly complain: (line: string) => void
}

export interface Gateway {
  readonly address: string
  /** Printed once; only where the first account was made with a random password. */
  readonly firstPassword: string | undefined
  /** Empty once polling, evaluating and storing. */
  notReady(): readonly string[]
  mention(kind: string, data: Readonly<Record<string, unknown>>): void
  stop(): Promise<void>
}

const closeWithin = seconds(8)

/** Everything is made here, in the order the data flows, and closed in the opposite order. */
export async function startGateway(site: Site, ports: Ports): Promise<Gateway> {
  const { clock, wall, store, complain } = ports
  const closing = new Closing(wall, closeWithin, complain)
  closing.add('store', () => store.close())

  try {
    const staleAfterOf = new Map(site.points.map(point => [point.id, point.staleAfter]))
    const staleAfter = (point: PointId): Millis | undefined => staleAfterOf.get(point)
    const latenessOf = new Map(site.points.map(point => [point.id, point.lateness]))
    const rules = siteBook(site)
    const evaluator = new Evaluator({
      rules: site.rules,
      kinds: ruleKinds,
      staleAfter,
      lateness: point => latenessOf.get(point) ?? (0 as Millis),
      startAt: clock.now(),
      settle: () => seconds(3 * clock.speed),
    })
    const desk = new AlarmDesk(rules)
    const latest = await store.historian.latest()
    const checkpoints = await store.journal.checkpoints()
    const obsolete = await restore({ evaluator, desk, checkpoints, latest, store, now: clock.now() })
    await store.historian.listening(clock.now(), thisBoot())

    const brokers: Outbound[] = []
    const spokenTo = new Map<string, Outbound>()
    const drivers: Driver[] = []
    const mqtt = new MqttOutlet(site, brokers)
    const board: Board = new Board({
      clock,
      desk,
      journal: store.journal,
      verdicts: await recallVerdicts(store.journal, site, clock.now()),
      staleAfter,
      isRecorded: id => pipeline.isRecorded(id),
      counters: () => countersOf(pipeline, drivers),
    })
    board.restore(latest.values())
    const areas = new Map(site.equipment.map(({ id, area }) => [id, area]))
    const unanswered = new Unanswered(site.rules, equipment => areas.get(equipment))
    // The order in which they hear of each alarm: what keeps quiet goes before what calls.
    const office = new Office({ duty: site.duty, calendar: site.calendar })
    const lockOuts = new LockOuts(site.rules)
    const nuisance = new Nuisance()
    const pushSubscriptions = new PushSubscriptions(store.accounts, wall)
    const channelSecrets = secretsOn(store.accounts)
    const isUp = (connection: string): boolean => board.links().some(link => link.connection === connection && link.up)
    const notices = await openNotices({
      site,
      rules,
      office,
      clock,
      wall,
      shelf: store.accounts,
      secrets: channelSecrets,
      browsers: pushSubscriptions,
      brokers: () => [...spokenTo].flatMap(([connection, broker]) => (isUp(connection) ? [broker] : [])),
      alarm: id => desk.byId(id),
      isFlood: () => nuisance.isFlood,
      act: decide => pipeline.act(decide),
      mention: draft => pipeline.mention(draft),
      told: alarms => board.toldOf(alarms),
    })
    const cases = new Cases(caseParts(site, office, lockOuts))
    const photos = new Photos(join(ports.folder, 'photos'))
    await photos.sweep(wall.now())
    const handovers = new Handovers(site.equipment.filter(({ type }) => type === 'duty-desk').map(({ id }) => id))
    const rounds = new Rounds({ routes: site.rounds })
    const followers: readonly Follower[] = [
      new RootCauses({ ...site, alarmOf: rule => desk.ofRule(rule) }),
      new Modes(site.rules),
      lockOuts,
      nuisance,
      new ClockAlarm(),
      new OutsideAlarm(),
      new BackupAlarm(),
      office,
      rounds,
      cases,
      handovers,
      notices.dispatcher,
    ]
    for (const follower of followers) follower.restore?.(checkpoints, desk.openAlarms(), clock.now())
    const pipeline: Pipeline = new Pipeline({
      clock,
      wall,
      evaluator,
      desk,
      store,
      cite: cite(site, rules),
      unanswered,
      followers,
      outlets: [board, mqtt, notices.sender],
    })
    closing.add('pipeline', () => pipeline.close())
    closing.add('mqtt farewell', () => mqtt.offline())
    closing.add('notices', () => notices.sender.stop())
    pipeline.begin(
      {
        kind: 'gateway.started',
        by: 'system',
        data: {
          version: ports.version,
          site: site.id,
          digest: site.digest,
          policies: site.policies,
          speed: clock.speed,
          damage: store.damage,
        },
      },
      obsolete,
    )
    notices.sender.start()
    await noteConfiguration(site, store, draft => pipeline.note(draft))
    const keeping = await openKeeping({
      site,
      store,
      folder: ports.folder,
      clock,
      wall,
      pipeline,
      closing,
      complain,
      version: ports.version,
      source: ports.source?.path,
      channel: id => notices.channel(id),
    })

    const demo = ports.demo?.(board)
    const notReady = readiness(site, board, store, pipeline, clock.now())
    const { source, folder } = ports
    const backtests = source && new Backtester({ site: source.path, env: source.env, digest: site.digest, folder, wall })
    if (backtests) closing.add('backtest', () => backtests.stop())
    const webPush = { key: () => publicPushKey(channelSecrets), subscriptions: pushSubscriptions }
    const house: House = {
      site,
      version: ports.version,
      clock,
      wall,
      store: keeping.store,
      state: board,
      push: readings => pipeline.acceptDurably(readings),
      command: (alarm, command, by, past, beside) => pipeline.command(alarm, command, by, past, beside),
      act: decide => pipeline.act(decide),
      duty: office,
      notices: notices.dispatcher,
      answerLinks: notices.links,
      channels: () => notices.sender.states(),
      lockOuts,
      cases,
      photos,
      handovers,
      rounds,
      keeping,
      note: draft => pipeline.note(draft),
      record: record => pipeline.record(record),
      about: rule => unanswered.about(rule, desk.openAlarms()),
      duties: () => evaluator.duties(clock.now()),
      ...(demo ? { demo } : {}),
      ...(site.channels.some(({ kind }) => kind === 'web-push') ? { webPush } : {}),
      ...(backtests ? { backtests } : {}),
      notReady,
    }
    const accounts = new Accounts(store.accounts, wall)
    const firstPassword = await accounts.begin(ports.adminPassword)
    const http = await serve(house, accounts, {
      host: ports.host,
      port: ports.port,
      dashboardFolder: ports.dashboardFolder,
      report: (error, request) =>
        complain(`${request}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
    })
    closing.add('http', () => http.close())

    await Promise.all([ports.equipment, ...site.connections.map(({ driver }) => driver.preload?.())])
    for (const connection of site.connections) {
      const driver = openDriver(connection, {
        clock,
        wall,
        board,
        pipeline,
        farewell: mqtt.farewell,
        folder: join(ports.folder, 'connections'),
      })
      drivers.push(driver)
      if (driver.outbound) brokers.push(driver.outbound)
      if (driver.outbound) spokenTo.set(connection.id, driver.outbound)
      closing.add(`connection ${connection.id}`, () => driver.stop())
      driver.start()
    }
    mqtt.online()
    if (clock instanceof SteadyClock) {
      const watch = new ClockWatch(clock, wall, by => pipeline.clockSet(by))
      watch.start()
      closing.add('clock watch', () => watch.stop())
    }
    closing.add(
      'troubles',
      watchTroubles(wall, () => board.trouble([...troublesOf(store, pipeline), ...keeping.troubles()])),
    )
    return {
      address: http.address,
      firstPassword,
      notReady,
      mention: (kind, data) => pipeline.mention({ kind, by: 'system', data }),
      async stop() {
        pipeline.mention({ kind: 'gateway.stopped', by: 'system', data: {} })
        await closing.all()
      },
    }
  } catch (error) {
    await closing.all()
    throw error
  }
}

/** Where cases are and who takes them up: those whom DUT-3 names, else the next level that has somebody. */
function caseParts(site: Site, office: Office, lockOuts: LockOuts): CasesParts {
  const equipment = new Map(site.equipment.map(one => [one.id, one]))
  const areas = new Map(site.areas.map(({ id, name }) => [id, { name, area: id }]))
  const people = [...site.duty.people.values()]
  return {
    lockOuts,
    placeOf: id => equipment.get(id) ?? areas.get(id),
    personOf: account => people.find(person => person.account === account)?.id,
    calledFor({ equipment: at = '', priority }, area, when) {
      const tell = site.clauses.get('DUT-3')?.tell ?? []
      const subject = { clause: 'DUT-3', tell, equipment: at, priority, ...(area === undefined ? {} : { area }) }
      for (let level = 0; level <= office.levels(subject); level += 1) {
        const found = office.recipients(subject, level, when)
        if (found.length > 0) return found.map(({ person }) => person)
      }
      return []
    },
  }
}

interface Surroundings {
  readonly clock: Clock
  readonly wall: Clock
  readonly board: Board
  readonly pipeline: Pipeline
  readonly farewell: MqttOutlet['farewell']
  readonly folder: string
}

/** A lost link is in the journal once, on every screen, and bad readings of its points tell the rules (the driver publishes those). */
function openDriver({ id, driver }: Connection, { clock, wall, board, pipeline, farewell, folder }: Surroundings): Driver {
  return driver.open({
    clock,
    wall,
    farewell,
    folder: join(folder, id),
    publish: (readings: readonly Reading[]) => pipeline.accept(readings),
    linkUp() {
      board.link({ connection: id, up: true, since: clock.now() })
      pipeline.mention({ kind: 'link.up', by: 'system', about: id, data: {} })
    },
    linkDown(fault) {
      board.link({ connection: id, up: false, since: clock.now(), fault })
      pipeline.mention({ kind: 'link.down', by: 'system', about: id, data: { fault } })
    },
  })
}

function countersOf(pipeline: Pipeline, drivers: readonly Driver[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = { ...pipeline.counts, unrecorded: pipeline.unrecorded }
  for (const driver of drivers) {
    for (const [name, count] of Object.entries(driver.counters?.() ?? {})) counts[name] = (counts[name] ?? 0) + count
  }
  return counts
}

/** Ready once the store takes writes and every connection has either spoken or said why not. */
function readiness(site: Site, board: Board, store: Store, pipeline: Pipeline, since: Instant): () => readonly string[] {
  const spoken = new Set<string>()
  return () => {
    const reasons: string[] = []
    if (store.trouble !== undefined) reasons.push(`storing: ${store.trouble}`)
    if (pipeline.unrecorded > 0) reasons.push(`journal: ${pipeline.unrecorded} entries wait for the disk`)
    for (const { id, points, protocol } of site.connections) {
      if (protocol === 'http' || spoken.has(id)) continue
      const link = board.links().find(({ connection }) => connection === id)
      const heard = points.some(point => (board.latest(point)?.receivedAt ?? 0) >= since)
      if (link?.up === false || (link?.up && (heard || points.length === 0 || protocol.startsWith('mqtt')))) spoken.add(id)
      else reasons.push(`polling: nothing has been read over ${id} yet`)
    }
    return reasons
  }
}

const say = (zh: string, en: string): Words => ({ zh, en })

function troublesOf(store: Store, pipeline: Pipeline): readonly Trouble[] {
  const troubles: Trouble[] = store.damage.map(({ file, movedTo, why }) => ({
    code: 'store-damaged',
    say: say(
      `数据文件 ${file} 已损坏(${why}),原件保存在 ${movedTo}，已新建`,
      `${file} was damaged (${why}); it is kept in ${movedTo} and a new one was begun`,
    ),
  }))
  if (store.trouble !== undefined) {
    troubles.push({
      code: 'store-trouble',
      say: say(`无法写入磁盘：${store.trouble}`, `the disk cannot be written: ${store.trouble}`),
    })
  }
  if (pipeline.unrecorded > 0) {
    const count = pipeline.unrecorded
    troubles.push({
      code: 'unrecorded',
      say: say(
        `有 ${count} 条记录尚未写入日志，暂不能确认报警`,
        `${count} entries are not in the journal yet; alarms cannot be acknowledged`,
      ),
    })
  }
  const { shed, unstored } = pipeline.counts
  if (shed > 0)
    troubles.push({
      code: 'shed',
      say: say(`已丢弃 ${shed} 个读数(网关过载)`, `${shed} readings were shed (gateway overloaded)`),
    })
  if (unstored > 0)
    troubles.push({ code: 'unstored', say: say(`有 ${unstored} 个读数未能存盘`, `${unstored} readings could not be stored`) })
  return troubles
}

/** The gateway's own health is looked at once a second of real time. */
function watchTroubles(wall: Clock, look: () => void): () => void {
  let cancel = (): void => {}
  const again = (): void => {
    look()
    cancel = wall.after(seconds(1), again)
  }
  again()
  return () => cancel()
}
