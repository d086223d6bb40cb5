import { readFile, readdir } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

interface Source {
  readonly path: string
  readonly text: string
  readonly imports: readonly { readonly target: string; readonly typeOnly: boolean }[]
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true })
  const found = await Promise.all(
    entries.map(entry => {
      if (['dist', 'node_modules'].includes(entry.name)) return []
      const path = `${folder}/${entry.name}`
      return entry.isDirectory() ? filesBelow(path) : [path]
    }),
  )
  return found.flat()
}

async function readSource(path: string): Promise<Source> {
  const text = await readFile(join(root, path), 'utf8')
  const found = text.matchAll(
    /(?:^|\n|;)\s*(?:import|export)\s+(type\s+)?(?:[^'"\n;]*?\sfrom\s+)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g,
  )
  const imports = [...found].map(([, type, fixed, lazy]) => {
    const spec = fixed ?? lazy ?? ''
    const target = spec.startsWith('.') ? relative(root, resolve(root, dirname(path), spec)) : spec
    return { target, typeOnly: type !== undefined }
  })
  return { path, text, imports }
}

const paths = (await Promise.all(['gateway', 'protocols', 'simulators', 'dashboard'].map(filesBelow))).flat()
const sources = await Promise.all(paths.filter(path => /\.(ts|svelte)$/.test(path)).map(readSource))

/** Who may import whom, by folder or file; the longest matching name decides. `contract` may be imported by everyone. */
const table: Readonly<Record<string, readonly string[]>> = {
  'protocols/contract': [],
  'protocols/kit': ['protocols/contract'],
  'protocols/modbus': ['protocols/kit'],
  'protocols/mqtt': ['protocols/kit'],
  'protocols/opcua': ['protocols/kit'],
  'protocols/http': ['protocols/kit'],
  'protocols/meters': ['protocols/kit'],
  'protocols/snmp': ['protocols/kit'],
  'protocols/bacnet': ['protocols/kit'],
  'protocols/fire': ['protocols/kit'],
  'protocols/registry.ts': ['protocols'],
  'gateway/clock.ts': [],
  'gateway/clock-watch.ts': ['gateway/clock.ts'],
  'gateway/zone.ts': [],
  'gateway/closing.ts': [],
  'gateway/policy': ['gateway/zone.ts'],
  'gateway/alarm': ['gateway/policy'],
  'gateway/duty': ['gateway/alarm', 'gateway/policy', 'gateway/zone.ts', 'gateway/turn.ts'],
  'gateway/cases': ['gateway/alarm', 'gateway/policy', 'gateway/zone.ts', 'gateway/turn.ts'],
  'gateway/handover': ['gateway/alarm', 'gateway/policy', 'gateway/duty', 'gateway/zone.ts', 'gateway/turn.ts'],
  'gateway/records': [
    'gateway/alarm',
    'gateway/policy',
    'gateway/journal',
    'gateway/store/store.ts',
    'gateway/turn.ts',
    'gateway/zone.ts',
  ],
  'gateway/plans': ['gateway/records/picture.ts', 'gateway/store/store.ts', 'gateway/turn.ts'],
  'gateway/rounds': ['gateway/alarm', 'gateway/policy', 'gateway/zone.ts', 'gateway/turn.ts'],
  'gateway/rounds/route.ts': [],
  'gateway/journal': ['gateway/store/store.ts', 'gateway/store/database.ts'],
  'gateway/historian': ['gateway/store/store.ts', 'gateway/store/database.ts', 'gateway/journal', 'gateway/zone.ts'],
  'gateway/store': ['gateway/journal', 'gateway/historian'],
  'gateway/accounts': ['gateway/store/store.ts'],
  'gateway/site': [
    'gateway/policy',
    'gateway/alarm',
    'gateway/duty/duty.ts',
    'gateway/notify/channel.ts',
    'gateway/notify/channels.ts',
    'gateway/rounds/route.ts',
    'gateway/journal',
    'gateway/store/store.ts',
    'gateway/outside/settings.ts',
    'gateway/evidence/settings.ts',
    'gateway/retention/settings.ts',
    'gateway/retention/keep.ts',
    'gateway/schedule.ts',
    'gateway/backup/settings.ts',
    'gateway/outlets/opcua/settings.ts',
    'gateway/delivery/settings.ts',
    'gateway/zone.ts',
    'protocols/registry.ts',
  ],
  'gateway/notify': [
    'gateway/site',
    'gateway/alarm',
    'gateway/duty',
    'gateway/policy',
    'gateway/pipeline.ts',
    'gateway/turn.ts',
    'gateway/journal',
    'gateway/store/store.ts',
    'gateway/zone.ts',
  ],
  // What the site file names of a channel must not know the site: it is read before there is one.
  'gateway/notify/channel.ts': ['gateway/duty/duty.ts', 'gateway/notify/notice.ts', 'gateway/policy'],
  'gateway/notify/channels.ts': ['gateway/notify/channels', 'gateway/notify/channel.ts'],
  'gateway/notify/channels': ['gateway/notify/channel.ts', 'gateway/notify/channels.ts', 'gateway/duty/duty.ts', 'protocols/kit'],
  'gateway/turn.ts': ['gateway/alarm', 'gateway/journal', 'gateway/store'],
  'gateway/decider.ts': ['gateway/alarm', 'gateway/policy', 'gateway/journal', 'gateway/turn.ts'],
  'gateway/pipeline.ts': [
    'gateway/policy',
    'gateway/alarm',
    'gateway/journal',
    'gateway/store',
    'gateway/unrecorded.ts',
    'gateway/turn.ts',
    'gateway/decider.ts',
  ],
  'gateway/evidence': [
    'gateway/journal',
    'gateway/historian',
    'gateway/store',
    'gateway/turn.ts',
    'gateway/zip.ts',
    'gateway/zone.ts',
  ],
  'gateway/report': [
    'gateway/evidence',
    'gateway/site',
    'gateway/policy',
    'gateway/alarm',
    'gateway/duty',
    'gateway/rounds',
    'gateway/journal',
    'gateway/historian',
    'gateway/store',
    'gateway/notify/reasons.ts',
    'gateway/notify/told-past.ts',
    'gateway/zip.ts',
    'gateway/zone.ts',
  ],
  'gateway/outside': ['gateway/store', 'gateway/historian', 'gateway/zone.ts'],
  'gateway/retention': [
    'gateway/schedule.ts',
    'gateway/evidence',
    'gateway/store',
    'gateway/journal',
    'gateway/policy',
    'gateway/turn.ts',
    'gateway/zone.ts',
  ],
  'gateway/backup': [
    'gateway/journal',
    'gateway/evidence',
    'gateway/store',
    'gateway/turn.ts',
    'gateway/zip.ts',
    'gateway/zone.ts',
    'gateway/schedule.ts',
  ],
  'gateway/delivery': [
    'gateway/report',
    'gateway/notify',
    'gateway/store',
    'gateway/turn.ts',
    'gateway/zone.ts',
    'gateway/schedule.ts',
  ],
  'gateway/doctor': ['gateway/report/paper.ts', 'gateway/retention', 'gateway/site', 'gateway/store'],
  'gateway/schedule.ts': [],
  'gateway/zip.ts': [],
  'gateway/keeping.ts': ['gateway'],
  'gateway/unrecorded.ts': ['gateway/alarm', 'gateway/journal', 'gateway/store'],
  'gateway/restore.ts': ['gateway/policy', 'gateway/alarm', 'gateway/store'],
  'gateway/story': [
    'gateway/site',
    'gateway/policy',
    'gateway/alarm',
    'gateway/journal',
    'gateway/store/store.ts',
    'gateway/pipeline.ts',
    'gateway/zone.ts',
    'gateway/cli/csv.ts',
  ],
  'gateway/backtest.ts': ['gateway/alarm', 'gateway/policy', 'gateway/site', 'gateway/store'],
  'gateway/backtest-answer.ts': ['gateway/backtest.ts', 'gateway/policy', 'gateway/zone.ts'],
  'gateway/backtest-worker.ts': [
    'gateway/backtest.ts',
    'gateway/backtest-answer.ts',
    'gateway/backtests.ts',
    'gateway/policy',
    'gateway/site',
    'gateway/store',
  ],
  'gateway/backtests.ts': ['gateway/api/house.ts'],
  // Finding equipment, trying a template on it, and changing the site file.
  'gateway/commission': [
    'gateway/site',
    'gateway/lines.ts',
    'gateway/journal',
    'gateway/turn.ts',
    'protocols/registry.ts',
    'protocols/kit',
  ],
  // The connections of the running site: they outlive a change of the site that does not touch them.
  'gateway/lines.ts': ['gateway/site', 'gateway/zone.ts'],
  // What others may read of us.
  'gateway/outlets/opcua/settings.ts': [],
  'gateway/outlets': [
    'protocols/opcua/mend.ts',
    'gateway/accounts/password.ts',
    'gateway/accounts/throttle.ts',
    'gateway/clock.ts',
    'gateway/site',
    'gateway/alarm',
    'gateway/policy',
    'gateway/pipeline.ts',
    'gateway/journal',
    'gateway/zone.ts',
  ],
  'gateway/api/wire.ts': [],
  'gateway/api/wire-duty.ts': ['gateway/api/wire.ts'],
  'gateway/api/wire-cases.ts': ['gateway/api/wire.ts'],
  'gateway/api/wire-handover.ts': ['gateway/api/wire.ts'],
  'gateway/api/wire-rounds.ts': ['gateway/api/wire.ts'],
  'gateway/api/wire-kpi.ts': ['gateway/api/wire.ts'],
  'gateway/api/wire-notices.ts': ['gateway/api/wire.ts'],
  'gateway/api/wire-logs.ts': ['gateway/api/wire.ts'],
  'gateway/api/wire-records.ts': ['gateway/api/wire.ts'],
  'gateway/api/wire-system.ts': ['gateway/api/wire.ts'],
  'gateway/api/wire-lines.ts': ['gateway/api/wire.ts'],
  'gateway/api/wire-plans.ts': ['gateway/api/wire.ts'],
  'gateway/api/wire-cycles.ts': ['gateway/api/wire.ts'],
  'gateway/api/wire-meters.ts': ['gateway/api/wire.ts'],
  'gateway/api/wire-gauges.ts': ['gateway/api/wire.ts'],
  'gateway/api/wire-labels.ts': ['gateway/api/wire.ts'],
  'gateway/api/wire-site.ts': ['gateway/api/wire.ts', 'gateway/api/wire-lines.ts'],
  'gateway/api': [
    'gateway/accounts',
    'gateway/cases',
    'gateway/duty',
    'gateway/handover',
    'gateway/notify',
    'gateway/plans',
    'gateway/records',
    'gateway/rounds',
    'gateway/report',
    'gateway/evidence',
    'gateway/retention',
    'gateway/backup',
    'gateway/outside',
    'gateway/delivery',
    'gateway/keeping.ts',
    'gateway/commission',
    'gateway/lines.ts',
    'gateway/outlets/opcua/doctor.ts',
    'gateway/turn.ts',
    'gateway/backtest-answer.ts',
    'gateway/site',
    'gateway/policy',
    'gateway/alarm',
    'gateway/journal',
    'gateway/historian/gap-words.ts',
    'gateway/store/store.ts',
    'gateway/zone.ts',
  ],
  'gateway/board.ts': ['gateway/api/house.ts', 'gateway/alarm', 'gateway/pipeline.ts', 'gateway/store/store.ts'],
  'gateway/demo.ts': ['gateway/api/house.ts', 'gateway/clock.ts', 'simulators/control.ts'],
  'gateway/app.ts': ['gateway'],
  'gateway/watch.ts': ['gateway'],
  'gateway/relief.ts': ['gateway'],
  'gateway/health.ts': ['gateway'],
  'gateway/case-parts.ts': ['gateway/alarm', 'gateway/cases', 'gateway/duty', 'gateway/site'],
  'gateway/cli': ['gateway', 'protocols', 'simulators'],
  simulators: ['gateway/site'],
  // What verifies without us is the very code that verifies with us.
  'dashboard/verifier': ['gateway/evidence', 'gateway/journal'],
  dashboard: [
    'gateway/api/wire.ts',
    'gateway/api/wire-duty.ts',
    'gateway/api/wire-cases.ts',
    'gateway/api/wire-handover.ts',
    'gateway/api/wire-rounds.ts',
    'gateway/api/wire-kpi.ts',
    'gateway/api/wire-notices.ts',
    'gateway/api/wire-logs.ts',
    'gateway/api/wire-records.ts',
    'gateway/api/wire-system.ts',
    'gateway/api/wire-lines.ts',
    'gateway/api/wire-plans.ts',
    'gateway/api/wire-cycles.ts',
    'gateway/api/wire-meters.ts',
    'gateway/api/wire-gauges.ts',
    'gateway/api/wire-site.ts',
    'gateway/api/wire-labels.ts',
  ],
}

const isBelow = (path: string, place: string): boolean => path === place || path.startsWith(`${place}/`)
const placeOf = (path: string): string =>
  Object.keys(table)
    .filter(place => isBelow(path, place))
    .sort((a, b) => b.length - a.length)[0] ?? ''

const inside = (target: string): boolean => /^(gateway|protocols|simulators|dashboard|test)\//.test(target)

describe('the house', () => {
  test('has a place for every file', () => {
    expect(sources.map(({ path }) => path).filter(path => placeOf(path) === '')).toEqual([])
  })

  test('imports one way only', () => {
    const wrong = sources.flatMap(({ path, imports }) => {
      const place = placeOf(path)
      const allowed = ['protocols/contract', place, ...(table[place] ?? [])]
      return imports
        .filter(({ target }) => inside(target) && !allowed.some(open => isBelow(target, open)))
        .map(({ target }) => `${path} → ${target}`)
    })
    expect(wrong).toEqual([])
  })

  test('has no cycles', () => {
    const next = new Map(
      sources.map(({ path, imports }) => [path, imports.filter(({ typeOnly }) => !typeOnly).map(({ target }) => target)]),
    )
    const cycles: string[] = []
    const done = new Set<string>()
    const walk = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '))
      if (done.has(path) || trail.includes(path)) return
      for (const target of next.get(path) ?? []) walk(target, [...trail, path])
      done.add(path)
    }
    for (const path of next.keys()) walk(path, [])
    expect(cycles).toEqual([])
  })

  test('lets the dashboard take only types from the gateway', () => {
    const wrong = sources
      .filter(({ path }) => path.startsWith('dashboard/') && !path.startsWith('dashboard/verifier/'))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ target, typeOnly }) => target.startsWith('gateway/') && !typeOnly)
          .map(({ target }) => `${path} → ${target}`),
      )
    expect(wrong).toEqual([])
  })

  test('imports each library in one file of a part', () => {
    const users = new Map<string, Set<string>>()
    for (const { path, imports } of sources) {
      for (const { target, typeOnly } of imports) {
        if (inside(target) || target.startsWith('node:') || target.startsWith('.') || typeOnly) continue
        const library = target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : (target.split('/')[0] ?? target)
        const part = path.split('/')[0] ?? ''
        const key = `${library} in ${part}`
        users.set(key, (users.get(key) ?? new Set()).add(path))
      }
    }
    // zod describes values at each route, and svelte is the language the dashboard is written in.
    const everywhere = /^(zod|svelte) in /
    expect(
      [...users]
        .filter(([key, files]) => files.size > 1 && !everywhere.test(key))
        .map(([key, files]) => `${key}: ${[...files].join(', ')}`),
    ).toEqual([])
  })

  test('asks for the time in one place', () => {
    const ambient = /(?<![.\w])(Date\.now\(|setTimeout\(|setInterval\(|AbortSignal\.timeout\(|new Date\(\))|node:timers/
    const wrong = sources
      .filter(({ path }) => /^(gateway|protocols)\//.test(path) && path !== 'gateway/clock.ts')
      .filter(({ text }) => ambient.test(text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')))
      .map(({ path }) => path)
    expect(wrong).toEqual([])
  })

  test('has no way to write to equipment', () => {
    const writing = /\bwrite(Coil|Coils|Register|Registers|FC5|FC6|FC15|FC16)\b|\bwriteSingleNode\b|session\.write\(/
    expect(
      sources.filter(({ path, text }) => path.startsWith('protocols/') && writing.test(text)).map(({ path }) => path),
    ).toEqual([])
  })

  test('has no word of OPC UA for writing, calling or changing', () => {
    const changing =
      /\b(Write(Value|Request)|writeSingleNode|HistoryUpdate|(Add|Delete)(Nodes|References)|CallMethodRequest|CallRequest|performMessageTransaction|setSecurityConfiguration)\b|\.(write|call)\(\{|session\.(write|call)\(/
    expect(
      sources.filter(({ path, text }) => path.startsWith('protocols/opcua/') && changing.test(text)).map(({ path }) => path),
    ).toEqual([])
  })

  test('says on a broker only what it has words for, none of which is a topic of a device', () => {
    const mqtt = sources.filter(({ path }) => path.startsWith('protocols/mqtt/'))
    const where = (pattern: RegExp): readonly string[] => mqtt.filter(({ text }) => pattern.test(text)).map(({ path }) => path)
    // A word is made in one file, and what goes to the network as a message of ours is a word.
    expect(where(/as OwnWord\b/)).toEqual(['protocols/mqtt/own-words.ts'])
    expect(where(/client\.publish(Async)?\(/)).toEqual(['protocols/mqtt/client.ts'])
    expect(where(/hub\.say\(/)).toEqual(['protocols/mqtt/broker.ts'])
    const words = mqtt.find(({ path }) => path === 'protocols/mqtt/own-words.ts')?.text ?? ''
    expect([...words.matchAll(/^export const (\w+)|^export function (\w+)/gm)].map(([, one, other]) => one ?? other)).toEqual([
      'gatewayWord',
      'discoveryWord',
      'hostStateWord',
      'rebirthRequest',
      'nodeWord',
      'deviceWord',
    ])
    expect([...words.matchAll(/'[ND]CMD'/g)]).toHaveLength(1)
  })

  test('sends only questions to a meter, and only that a message has arrived to a fire unit', () => {
    const said = (folder: string, pattern: RegExp): readonly string[] =>
      sources.filter(({ path, text }) => path.startsWith(folder) && pattern.test(text)).map(({ path }) => path)
    // What goes onto a line is made in one place of each folder, where the control codes stand; nothing else sends.
    expect(said('protocols/meters/', /\.send\(/)).toEqual(['protocols/meters/session.ts'])
    expect(said('protocols/meters/', /const controls\b/)).toEqual(['protocols/meters/cjt188.ts', 'protocols/meters/dlt645.ts'])
    expect(said('protocols/fire/', /socket\.(write|send)\(/)).toEqual(['protocols/fire/listener.ts'])
    expect(said('protocols/fire/', /0x40, 0x40/)).toEqual(['protocols/fire/frame.ts'])
  })

  test('calls nobody where readings are pushed', () => {
    const http = sources.filter(({ path }) => path.startsWith('protocols/http/'))
    expect(
      http.flatMap(({ imports }) => imports.map(({ target }) => target)).filter(target => !target.startsWith('protocols/')),
    ).toEqual([])
    expect(
      http.filter(({ text }) => /\b(fetch|WebSocket|XMLHttpRequest)\b\(?|\.(write|send)\(/.test(text)).map(({ path }) => path),
    ).toEqual([])
  })

  test('asks an SNMP agent and never sets, traps or informs', () => {
    const folder = sources.filter(({ path }) => path.startsWith('protocols/snmp/'))
    const where = (pattern: RegExp): readonly string[] => folder.filter(({ text }) => pattern.test(text)).map(({ path }) => path)
    // Of the library only its cryptography is taken; what it could write with has no name here.
    expect(where(/'net-snmp'/)).toEqual(['protocols/snmp/usm.ts'])
    expect(where(/\bcreate(V3)?(Session|Agent|Receiver|Subagent)\b|\bSetRequest\b|0xa3|0xa4|0xa6|0xa7/)).toEqual([])
    // A datagram leaves in one place, and is made where the three questions stand.
    expect(where(/[dD]atagrams\.send\(/)).toEqual(['protocols/snmp/session.ts'])
    expect(where(/socket\.send\(/)).toEqual(['protocols/snmp/udp.ts'])
    const message = folder.find(({ path }) => path.endsWith('/message.ts'))?.text ?? ''
    expect(message).toContain('const questions = { get: 0xa0, next: 0xa1, bulk: 0xa5 } as const')
  })

  test('has no word of BACnet for writing, commanding or setting', () => {
    const ours = sources.filter(({ path }) => path.startsWith('protocols/bacnet/'))
    // Of the library only the encoders of questions are there: neither its client nor any service that changes something.
    const modules = ours.flatMap(({ imports }) =>
      imports.map(({ target }) => target).filter(target => target.startsWith('@bacnet-js/')),
    )
    expect(modules.toSorted()).toEqual([
      '@bacnet-js/client/dist/lib/apdu.js',
      '@bacnet-js/client/dist/lib/bvlc.js',
      '@bacnet-js/client/dist/lib/npdu.js',
      '@bacnet-js/client/dist/lib/services/ReadProperty.js',
      '@bacnet-js/client/dist/lib/services/ReadPropertyMultiple.js',
      '@bacnet-js/client/dist/lib/services/RegisterForeignDevice.js',
      '@bacnet-js/client/dist/lib/services/SubscribeCov.js',
      '@bacnet-js/client/dist/lib/services/WhoIs.js',
    ])
    const changing =
      /[wW]riteProperty|WriteGroup|DeviceCommunicationControl|ReinitializeDevice|(Create|Delete)Object|ListElement|TimeSync|AtomicWrite|AcknowledgeAlarm|LifeSafety|PrivateTransfer|encodeAcknowledge/
    expect(ours.filter(({ text }) => changing.test(text)).map(({ path }) => path)).toEqual([])
    // A request is encoded in one file, with one of the services that stand there.
    expect(ours.filter(({ text }) => /encode(Unc|C)onfirmedServiceRequest/.test(text)).map(({ path }) => path)).toEqual([
      'protocols/bacnet/encode.ts',
    ])
    expect(ours.find(({ path }) => path.endsWith('/encode.ts'))?.text).toContain('readProperty: 12,')
    expect(ours.filter(({ text }) => /createSocket/.test(text)).map(({ path }) => path)).toEqual(['protocols/bacnet/socket.ts'])
  })

  test('asks Modbus equipment for the four reads and nothing else', () => {
    const modbus = sources.filter(({ path }) => path.startsWith('protocols/modbus/'))
    // The library that could write is known to one file, which reaches nothing of it but the reads and sends nothing by itself.
    const users = sources.filter(
      ({ path, imports }) => path.startsWith('protocols/') && imports.some(({ target }) => /modbus-serial|jsmodbus/.test(target)),
    )
    expect(users.map(({ path }) => path)).toEqual(['protocols/modbus/library.ts'])
    const library = users[0]?.text ?? ''
    expect([...new Set(library.match(/#client\.\w+/g))]).toEqual([
      '#client.open',
      '#client.writeFC1',
      '#client.writeFC2',
      '#client.writeFC3',
      '#client.writeFC4',
    ])
    expect(library).toContain(
      "Pick<InstanceType<typeof modbusSerial.default>, 'open' | 'writeFC1' | 'writeFC2' | 'writeFC3' | 'writeFC4'>",
    )
    expect(library.match(/\bas\b|\bany\b|\.connect\w+/g)).toBeNull()
    // And a frame leaves only where a read was made.
    const sending = modbus
      .filter(({ text }) => /\.send\(/.test(text))
      .map(({ path, text }) => [path, text.match(/\.send\(\w+\)/g)])
    expect(sending).toEqual([
      ['protocols/modbus/rtu-session.ts', ['.send(sent)']],
      ['protocols/modbus/tcp-session.ts', ['.send(request)']],
    ])
    const frame = modbus.find(({ path }) => path.endsWith('/frame.ts'))?.text ?? ''
    expect(frame).toContain('coil: 1, discrete: 2, holding: 3, input: 4 }')
  })

  test('is drawn in the README as it stands on the disk', async () => {
    const readme = await readFile(join(root, 'README.md'), 'utf8')
    const drawn = [...readme.matchAll(/^(?:[│ ]*)[├└]─ ([\w.-]+)\/?/gm)].map(([, name]) => name)
    const folders = new Set(sources.map(({ path }) => path.split('/').slice(0, -1)).flatMap(parts => [parts[0], parts[1]]))
    const missing = [...folders].filter(name => name !== undefined && !drawn.includes(name))
    expect(missing).toEqual([])
    const onDisk = new Set(
      paths.flatMap(path => path.split('/')).concat('test', 'docs', 'package.json', 'tsconfig.json', 'docker-compose.yml'),
    )
    expect(drawn.filter(name => name !== undefined && !onDisk.has(name))).toEqual([])
  })
})
