import { join } from 'node:path'
import type { PointId } from '../protocols/contract/reading.ts'
import { seconds } from '../protocols/contract/time.ts'
import type { Clock, Instant, Millis } from '../protocols/contract/time.ts'
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
import type { Demo, House } from './api/house.ts'
import { Backtester } from './backtests.ts'
import { Board } from './board.ts'
import { caseParts } from './case-parts.ts'
import { Cases } from './cases/cases.ts'
import { thisBoot } from './clock.ts'
import { Closing } from './closing.ts'
import { Office } from './duty/office.ts'
import { Handovers } from './handover/handovers.ts'
import { countersOf, readiness, sum, troublesOf } from './health.ts'
import type { Counts } from './health.ts'
import type { Draft } from './journal/entry.ts'
import { openKeeping } from './keeping.ts'
import type { Hearer, Lines } from './lines.ts'
import { openNotices } from './notify/notices.ts'
import { Rounds } from './rounds/rounds.ts'
import { publicPushKey } from './notify/channels/web-push.ts'
import { MqttOutlet } from './notify/mqtt.ts'
import { figuresOf } from './outlets/opcua/doctor.ts'
import { OpcuaOutlet } from './outlets/opcua/outlet.ts'
import { Pipeline } from './pipeline.ts'
import { Drawings } from './plans/drawings.ts'
import { Plans } from './plans/plans.ts'
import { Photos } from './records/photos.ts'
import { Evaluator } from './policy/evaluator.ts'
import type { Heard } from './policy/evaluator.ts'
import { ruleKinds } from './policy/kinds.ts'
import { recallVerdicts, restore } from './restore.ts'
import type { SiteFiles } from './commission/site-files.ts'
import type { Commissioning } from './commission/commissioning.ts'
import { cite } from './site/citation.ts'
import { noteConfiguration } from './site/configured.ts'
import { siteBook } from './site/site-book.ts'
import type { Site } from './site/site.ts'
import type { Store } from './store/store.ts'

export interface WatchParts {
  readonly clock: Clock & { readonly speed: number }
  readonly wall: Clock
  readonly store: Store
  /** The data directory. */
  readonly folder: string
  readonly version: string
  /** Where the site was read from. */
  readonly source?: { readonly path: string; readonly env: Readonly<Record<string, string | undefined>> }
  /** Absent where the site was not read from a file. */
  readonly siteFiles?: SiteFiles
  readonly lines: Lines
  readonly commissioning: Commissioning
  readonly demo?: (board: Board) => Demo
  /** Where the watch goes on from one that has just ended. Absent: a start. */
  readonly relieves?: Relieved
  /** Since when the gateway runs: over a line that stays it has heard since then. */
  readonly since: Instant
  readonly closeWithin: Millis
  readonly complain: (line: string) => void
}

/** What a watch leaves to the one that takes its place, beside the store. */
export interface Relieved {
  /** When it ended; whatever was said since has waited. */
  readonly at: Instant
  readonly heard: Heard
  readonly counts: Counts
  /** What the journal is told of the change. */
  readonly entry: Omit<Draft, 'at'>
}

/** Everything that stands watch over one site as its files have it, and is made anew when they change. */
export interface Watch {
  readonly site: Site
  readonly house: House
  readonly board: Board
  readonly pipeline: Pipeline
  readonly mqtt: MqttOutlet
  /** Takes what the lines say. */
  readonly hearer: Hearer
  readonly heard: () => Heard
  readonly counts: () => Counts
  /** Looks once at how everything is and tells the screens. */
  lookAtTroubles(): void
  /** Ends what works for it (messages, logs, backups) while it still hears and judges. */
  windDown(): Promise<void>
  /** After that: judges and writes down what it has heard, and hears nothing more. */
  close(): Promise<void>
}

/**
 * Made in the order the data flows, and closed in the opposite order. All it needs to know of what was before it has from the store, so that
 * a start, a start after a crash and a change of the site are one thing; see `docs/reload.md`.
 */
export async function openWatch(site: Site, parts: WatchParts): Promise<Watch> {
  const { clock, wall, store, folder, version, source, lines, relieves, complain } = parts
  const closing = new Closing(wall, parts.closeWithin, complain)
  const pipelineClosing = new Closing(wall, parts.closeWithin, complain)
  const now = relieves?.at ?? clock.now()
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
      startAt: now,
      settle: () => seconds(3 * clock.speed),
    })
    const desk = new AlarmDesk(rules)
    const latest = await store.historian.latest()
    const checkpoints = await store.journal.checkpoints()
    const heard = relieves ? { heard: relieves.heard } : {}
    const obsolete = await restore({ evaluator, desk, checkpoints, latest, store, now, ...heard })
    // What a change of the site takes is no gap: the lines go on, and what they say meanwhile is kept.
    if (!relieves) await store.historian.listening(now, thisBoot())

    const mqtt = new MqttOutlet(site, lines.brokers)
    const counted = {
      get counts(): Counts {
        return sum(pipeline.counts, relieves?.counts ?? {})
      },
      get unrecorded(): number {
        return pipeline.unrecorded
      },
    }
    const board: Board = new Board({
      clock,
      desk,
      journal: store.journal,
      verdicts: await recallVerdicts(store.journal, site, now),
      staleAfter,
      isRecorded: id => pipeline.isRecorded(id),
      counters: () => ({ ...countersOf(counted, lines), ...figuresOf(scada?.report()) }),
    })
    board.restore(latest.values())
    for (const state of lines.states()) board.link(state)
    const areas = new Map(site.equipment.map(({ id, area }) => [id, area]))
    const unanswered = new Unanswered(site.rules, equipment => areas.get(equipment))
    // The order in which they hear of each alarm: what keeps quiet goes before what calls.
    const office = new Office({ duty: site.duty, calendar: site.calendar })
    const lockOuts = new LockOuts(site.rules)
    const nuisance = new Nuisance()
    const pushSubscriptions = new PushSubscriptions(store.accounts, wall)
    const channelSecrets = secretsOn(store.accounts)
    const notices = await openNotices({
      site,
      rules,
      office,
      clock,
      wall,
      shelf: store.accounts,
      secrets: channelSecrets,
      browsers: pushSubscriptions,
      brokers: () => lines.brokersUp(),
      alarm: id => desk.byId(id),
      isFlood: () => nuisance.isFlood,
      act: decide => pipeline.act(decide),
      mention: draft => pipeline.mention(draft),
      told: alarms => board.toldOf(alarms),
    })
    const cases = new Cases(caseParts(site, office, lockOuts))
    const photos = new Photos(join(folder, 'photos'))
    await photos.sweep(wall.now())
    const plans = new Plans()
    plans.restore(checkpoints)
    const drawings = new Drawings(join(folder, 'plans'))
    await drawings.sweep(new Set(plans.all.map(({ drawing }) => drawing.file)), wall.now())
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
    for (const follower of followers) follower.restore?.(checkpoints, desk.openAlarms(), now)
    const scada =
      site.opcuaServer &&
      new OpcuaOutlet({
        site,
        clock,
        wall,
        folder: join(folder, 'opcua-server'),
        version,
        latest: [...latest.values()].map(({ any }) => any),
        openAlarms: desk.openAlarms(),
        mention: draft => pipeline.mention(draft),
      })
    const pipeline: Pipeline = new Pipeline({
      clock,
      wall,
      evaluator,
      desk,
      store,
      cite: cite(site, rules),
      unanswered,
      followers,
      outlets: [board, mqtt, notices.sender, ...(scada ? [scada] : [])],
    })
    pipelineClosing.add('pipeline', () => pipeline.close())
    closing.add('notices', () => notices.sender.stop())
    pipeline.begin(relieves?.entry ?? startOf(site, parts), obsolete, now)
    notices.sender.start()
    if (scada) {
      closing.add('opcua server', () => scada.stop())
      await scada.start()
    }
    await noteConfiguration(site, store, draft => pipeline.note(draft))
    const keeping = await openKeeping({
      site,
      store,
      folder,
      clock,
      wall,
      pipeline,
      closing,
      complain,
      version,
      source: source?.path,
      channel: id => notices.channel(id),
    })

    const demo = parts.demo?.(board)
    const backtests = source && new Backtester({ site: source.path, env: source.env, digest: site.digest, folder, wall })
    if (backtests) closing.add('backtest', () => backtests.stop())
    const webPush = { key: () => publicPushKey(channelSecrets), subscriptions: pushSubscriptions }
    const house: House = {
      site,
      version,
      clock,
      wall,
      store: keeping.store,
      state: board,
      lines,
      commissioning: parts.commissioning,
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
      plans,
      drawings,
      handovers,
      rounds,
      keeping,
      note: draft => pipeline.note(draft),
      record: record => pipeline.record(record),
      about: rule => unanswered.about(rule, desk.openAlarms()),
      duties: () => evaluator.duties(clock.now()),
      outlook: rule => evaluator.outlook(rule, clock.now()),
      underWay: () => evaluator.underWay(),
      ...(demo ? { demo } : {}),
      ...(scada ? { opcuaServer: () => scada.report() } : {}),
      ...(site.channels.some(({ kind }) => kind === 'web-push') ? { webPush } : {}),
      ...(backtests ? { backtests } : {}),
      ...(parts.siteFiles ? { siteFiles: parts.siteFiles } : {}),
      notReady: readiness(site, board, store, pipeline, parts.since),
    }
    return {
      site,
      house,
      board,
      pipeline,
      mqtt,
      hearer: hearerOf(board, pipeline),
      heard: () => evaluator.heard(),
      counts: () => counted.counts,
      lookAtTroubles: () =>
        board.trouble([
          ...troublesOf(store, counted),
          ...keeping.troubles(),
          ...(parts.siteFiles?.troubles ?? []),
          ...(scada?.troubles() ?? []),
        ]),
      windDown: () => closing.all(),
      close: () => pipelineClosing.all(),
    }
  } catch (error) {
    await closing.all()
    await pipelineClosing.all()
    throw error
  }
}

const startOf = (site: Site, { clock, store, version }: WatchParts): Omit<Draft, 'at'> => ({
  kind: 'gateway.started',
  by: 'system',
  data: {
    version,
    site: site.id,
    digest: site.digest,
    policies: site.policies,
    speed: clock.speed,
    damage: store.damage,
  },
})

/** A lost link is in the journal once, on every screen, and bad readings of its points tell the rules (the driver publishes those). */
const hearerOf = (board: Board, pipeline: Pipeline): Hearer => ({
  readings: (readings, arrivedAt) => pipeline.accept(readings, arrivedAt),
  columns: (columns, arrivedAt) => pipeline.acceptColumns(columns, arrivedAt),
  link(state) {
    const { connection, up, fault } = state
    board.link(state)
    pipeline.mention({ kind: up ? 'link.up' : 'link.down', by: 'system', about: connection, data: up ? {} : { fault } })
  },
})
