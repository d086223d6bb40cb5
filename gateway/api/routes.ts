import type { Route } from './route.ts'
import { alarmRoutes } from './routes/alarms.ts'
import { commissioningRoutes } from './routes/commissioning.ts'
import { connectionRoutes } from './routes/connections.ts'
import { coverageRoutes } from './routes/coverage.ts'
import { demoRoutes } from './routes/demo.ts'
import { dutyRoutes } from './routes/duties.ts'
import { gapRoutes } from './routes/gaps.ts'
import { healthRoutes } from './routes/health.ts'
import { journalRoutes } from './routes/journal.ts'
import { peopleRoutes } from './routes/people.ts'
import { planRoutes } from './routes/plans.ts'
import { policyRoutes } from './routes/policies.ts'
import { readingRoutes } from './routes/readings.ts'
import { recordRoutes } from './routes/records.ts'
import { sessionRoutes } from './routes/session.ts'
import { officeRoutes } from './routes/office.ts'
import { pushRoutes } from './routes/push.ts'
import { pushedRoutes } from './routes/pushed.ts'
import { labelRoutes } from './routes/labels.ts'
import { linkRoutes } from './routes/links.ts'
import { channelRoutes } from './routes/channels.ts'
import { caseRoutes } from './routes/cases.ts'
import { handoverRoutes } from './routes/handover.ts'
import { roundRoutes } from './routes/rounds.ts'
import { kpiRoutes } from './routes/kpi.ts'
import { backupsRoutes } from './routes/backups.ts'
import { cycleRoutes } from './routes/cycles.ts'
import { dosingRoutes } from './routes/dosing.ts'
import { evidenceRoutes } from './routes/evidence.ts'
import { holdsRoutes } from './routes/holds.ts'
import { logRoutes } from './routes/logs.ts'
import { gaugeRoutes } from './routes/gauges.ts'
import { meterRoutes } from './routes/meters.ts'
import { opcuaServerRoutes } from './routes/opcua-server.ts'
import { outlookRoutes } from './routes/outlook.ts'
import { outsideRoutes } from './routes/outside.ts'
import { siteFileRoutes } from './routes/site-file.ts'
import { siteSettingsRoutes } from './routes/site-settings.ts'
import { siteRoutes } from './routes/site.ts'

/** Every route of the interface, so that a test can prove of each that it is guarded. */
export const routes: readonly Route[] = [
  ...sessionRoutes,
  ...siteRoutes,
  ...siteFileRoutes,
  ...planRoutes,
  ...siteSettingsRoutes,
  ...policyRoutes,
  ...coverageRoutes,
  ...readingRoutes,
  ...outlookRoutes,
  ...pushedRoutes,
  ...gapRoutes,
  ...recordRoutes,
  ...dutyRoutes,
  ...alarmRoutes,
  ...officeRoutes,
  ...pushRoutes,
  ...linkRoutes,
  ...channelRoutes,
  ...caseRoutes,
  ...handoverRoutes,
  ...roundRoutes,
  ...labelRoutes,
  ...kpiRoutes,
  ...journalRoutes,
  ...logRoutes,
  ...cycleRoutes,
  ...meterRoutes,
  ...gaugeRoutes,
  ...dosingRoutes,
  ...evidenceRoutes,
  ...backupsRoutes,
  ...holdsRoutes,
  ...outsideRoutes,
  ...connectionRoutes,
  ...opcuaServerRoutes,
  ...commissioningRoutes,
  ...peopleRoutes,
  ...demoRoutes,
  ...healthRoutes,
]
