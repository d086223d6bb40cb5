import type { Driver, PreparedProblem, Protocol } from '../contract/driver.ts'
import { SettingReader } from '../kit/settings.ts'

/** Readings of these points are pushed to the gateway's own interface; there is nothing to call and nothing to lose. */
const pushed: Driver = {
  start() {},
  async stop() {},
}

export const http: Protocol = {
  kind: 'http',
  schema: {
    connection: { type: 'object', properties: {} },
    equipment: { type: 'object', properties: {} },
    point: { type: 'object', properties: {} },
  },
  prepare(_name, settings, bindings) {
    const problems: PreparedProblem[] = []
    const reader = new SettingReader(settings, 'connection', problems)
    reader.raw('protocol')
    reader.done()
    for (const { point, settings: binding } of bindings) new SettingReader(binding, { point }, problems).done()
    return problems.length > 0
      ? { ok: false, problems }
      : {
          ok: true,
          driver: {
            open(host) {
              return { ...pushed, start: () => host.linkUp() }
            },
          },
        }
  },
}
