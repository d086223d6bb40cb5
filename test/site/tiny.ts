import type { PreparedProblem, Protocol } from '../../protocols/contract/driver.ts'

/** A protocol small enough to see through: a `register` a point, a `unit` a device, `host` and `every` a connection. */
export const tiny: Protocol = {
  kind: 'tiny',
  schema: {
    connection: {
      properties: {
        host: { type: 'string' },
        port: { type: 'integer' },
        every: { type: 'string', default: '10s' },
        anonymous: { type: 'boolean' },
        accounts: { type: 'object' },
      },
    },
    equipment: { properties: { unit: { type: 'integer' } } },
    point: { properties: { register: { type: 'integer' }, scale: { type: 'number' } } },
  },
  prepare(_name, settings, bindings) {
    const problems: PreparedProblem[] = []
    const say = { wrong: { zh: '错', en: 'wrong' }, write: { zh: '写', en: 'write' } }
    if (typeof settings['host'] !== 'string') problems.push({ in: 'connection', path: ['host'], code: 'missing', ...say })
    if (settings['port'] !== undefined && typeof settings['port'] !== 'number')
      problems.push({ in: 'connection', path: ['port'], ...say })
    const taken = new Set<string>()
    for (const { point, device, settings: own } of bindings) {
      const at = { in: { point }, ...say }
      if (typeof device['unit'] !== 'number')
        problems.push({ ...at, path: ['unit'], code: device['unit'] === undefined ? 'missing' : 'bad-value' })
      if (typeof own['register'] !== 'number')
        problems.push({ ...at, path: ['register'], code: own['register'] === undefined ? 'missing' : 'bad-value' })
      const place = `${String(device['unit'])} ${String(own['register'])}`
      if (taken.has(place)) problems.push({ ...at, path: ['register'], code: 'register-taken' })
      taken.add(place)
    }
    if (problems.length > 0) return { ok: false, problems }
    return { ok: true, driver: { open: () => ({ start() {}, stop: () => Promise.resolve() }) } }
  },
}
