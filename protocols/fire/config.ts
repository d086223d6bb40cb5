import type { Binding, PreparedProblem } from '../contract/driver.ts'
import type { PointId } from '../contract/reading.ts'
import type { Millis } from '../contract/time.ts'
import { millis, minutes } from '../contract/time.ts'
import type { Scaling } from '../kit/number.ts'
import { SettingReader } from '../kit/settings.ts'
import type { Owner } from './signals.ts'
import { isAnalog, signalsOf, unitOfSignal } from './signals.ts'
import type { FireWord } from './words.ts'

export interface FireConnection {
  readonly host: string
  readonly port: number
  readonly transport: 'tcp' | 'udp' | 'both'
  /** A unit that says nothing for so long is told as silent; 0: never. */
  readonly silent: Millis
  /** Whose clock dates what is said. */
  readonly clock: 'arrival' | 'unit'
  /** Connections at once. */
  readonly most: number
}

export interface FirePoint extends Scaling {
  readonly point: PointId
  readonly source: number
  readonly owner: Owner
  /** Absent: any. */
  readonly system: number | undefined
  readonly systemAddress: number | undefined
  readonly part: number | undefined
  readonly signal: string
}

export interface FireConfig {
  readonly connection: FireConnection
  readonly points: readonly FirePoint[]
}

const highestSource = 2 ** 48 - 1
const highestPart = 2 ** 32 - 1

export function parseFire(
  settings: Readonly<Record<string, unknown>>,
  bindings: readonly Binding[],
  problems: PreparedProblem[],
): FireConfig {
  const reader = new SettingReader(settings, 'connection', problems)
  reader.raw('protocol')
  if (!reader.has('port'))
    reader.problem(
      ['port'],
      { zh: '缺少 port（传输装置连到哪个端口）', en: 'port is missing: where the transmission units connect to' },
      {
        zh: '写传输装置里设的中心端口，例如 port: 5200',
        en: "write the centre's port as set in the units, for example port: 5200",
      },
      'missing',
    )
  const connection = {
    host: reader.text('host', '0.0.0.0'),
    port: reader.integer('port', 0, 0, 65_535),
    transport: reader.choice('transport', ['tcp', 'udp', 'both'], 'tcp'),
    silent: reader.duration('silent', minutes(10), millis(0)),
    clock: reader.choice('clock', ['arrival', 'unit'], 'arrival'),
    most: reader.integer('most', 64, 1, 1_000),
  }
  reader.done()
  const points = bindings.map(binding => parsePoint(binding, problems))
  findTaken(points, problems)
  return { connection, points }
}

function parsePoint(binding: Binding, problems: PreparedProblem[]): FirePoint {
  const device = new SettingReader(binding.device, { point: binding.point }, problems)
  const source = wholeOf(device, 'source', highestSource)
  if (source === undefined)
    device.problem(
      ['source'],
      { zh: '设备缺少 source（传输装置的源地址）', en: 'the equipment has no source (the address of its transmission unit)' },
      { zh: '写装置的地址，例如 source: 12', en: 'write the address of the unit, for example source: 12' },
      'missing',
    )
  const system = wholeOf(device, 'system', 255)
  const part = partOf(device)
  const owner: Owner = part !== undefined ? 'part' : system !== undefined ? 'system' : 'unit'
  const reader = new SettingReader(binding.settings, { point: binding.point }, problems)
  const signals = signalsOf(owner)
  if (!reader.has('signal'))
    reader.problem(
      ['signal'],
      { zh: '没有写读什么', en: 'it does not say which signal' },
      { zh: `写 signal: fire（${signals.join('、')}）`, en: `write signal: fire (one of ${signals.join(', ')})` },
      'missing',
    )
  const signal = reader.choice('signal', signals, signals[0] ?? 'fire')
  const unit = reader.raw('unit')
  if (unit !== undefined && unit !== unitOfSignal(signal))
    reader.problem(
      ['unit'],
      {
        zh: isAnalog(signal) ? `这个量按 ${unitOfSignal(signal)} 给出` : '状态没有单位',
        en: isAnalog(signal) ? `this value is given in ${unitOfSignal(signal)}` : 'a state has no unit',
      },
      { zh: '去掉 unit', en: 'leave unit out' },
      'bad-value',
    )
  const point = {
    point: binding.point,
    source: source ?? 0,
    owner,
    system,
    systemAddress: wholeOf(device, 'systemAddress', 255),
    part,
    signal,
    ...reader.scaling(binding),
  }
  reader.done()
  return point
}

/** A number, also where it was written as text. */
function wholeOf(reader: SettingReader, key: string, most: number): number | undefined {
  const raw = reader.raw(key)
  if (raw === undefined) return undefined
  const number = typeof raw === 'string' && /^\d{1,15}$/.test(raw) ? Number(raw) : raw
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= most) return number
  reader.problem(
    [key],
    { zh: `${key} 不能是 ${String(raw).slice(0, 30)}`, en: `${key} cannot be ${String(raw).slice(0, 30)}` },
    { zh: `写 0 到 ${most} 的整数`, en: `write a whole number from 0 to ${most}` },
    'bad-value',
  )
  return 0
}

/** A part's four-byte address, or loop and number: `2-15`. */
function partOf(reader: SettingReader): number | undefined {
  const [, loop, number] = /^\s*(\d{1,5})\s*-\s*(\d{1,5})\s*$/.exec(String(reader.raw('part') ?? '')) ?? []
  if (loop === undefined || number === undefined) return wholeOf(reader, 'part', highestPart)
  if (Number(loop) <= 65_535 && Number(number) <= 65_535) return Number(loop) * 65_536 + Number(number)
  return wholeOf(reader, 'part', highestPart)
}

/** Whether a word is about what the point is bound to. What the binding leaves open fits. */
export function speaksOf(word: FireWord, { owner, system, systemAddress, part }: FirePoint): boolean {
  if (word.of === 'unit') return owner === 'unit'
  if (owner !== (word.of === 'system' ? 'system' : 'part')) return false
  if (system !== undefined && word.system.type !== system) return false
  if (systemAddress !== undefined && word.system.address !== systemAddress) return false
  return word.of === 'system' || word.part.address === part
}

/** Two points with one signal of one part: one of them is a slip of the pen. */
function findTaken(points: readonly FirePoint[], problems: PreparedProblem[]): void {
  const first = new Map<string, FirePoint>()
  for (const point of points) {
    const place = [point.source, point.system, point.systemAddress, point.part, point.signal].join(' ')
    const other = first.get(place)
    if (!other) first.set(place, point)
    else
      for (const [one, by] of [
        [point, other],
        [other, point],
      ] as const)
        problems.push({
          in: { point: one.point },
          path: ['signal'],
          code: 'register-taken',
          wrong: { zh: `这个信号已被 ${by.point} 占用`, en: `this signal is also bound to ${by.point}` },
          write: { zh: '给其中一个点写上它自己的信号', en: 'give one of the two its own signal' },
        })
  }
}

const whole = (maximum: number): object => ({ type: ['integer', 'string'], minimum: 0, maximum, pattern: '^\\d+$' })

export const fireSchema = {
  connection: {
    type: 'object',
    required: ['port'],
    properties: {
      host: { type: 'string', default: '0.0.0.0' },
      port: { type: 'integer', minimum: 0, maximum: 65_535 },
      transport: { enum: ['tcp', 'udp', 'both'], default: 'tcp' },
      silent: { type: 'string', pattern: '^(0|\\d+(\\.\\d+)?(ms|s|m|h|d))$', default: '10m' },
      clock: { enum: ['arrival', 'unit'], default: 'arrival' },
      most: { type: 'integer', minimum: 1, maximum: 1_000, default: 64 },
    },
  },
  equipment: {
    type: 'object',
    required: ['source'],
    properties: {
      source: whole(highestSource),
      system: whole(255),
      systemAddress: whole(255),
      part: { type: ['integer', 'string'], description: 'address of the part, or loop and number: 2-15' },
    },
  },
  point: {
    type: 'object',
    required: ['signal'],
    properties: {
      signal: { enum: [...new Set([...signalsOf('part'), ...signalsOf('system'), ...signalsOf('unit')])] },
      scale: { type: 'number', default: 1 },
      offset: { type: 'number', default: 0 },
      unit: { type: 'string' },
    },
  },
}
