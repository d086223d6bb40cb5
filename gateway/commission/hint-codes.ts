import { fitOf, undusted } from './fitting.ts'
import { shown } from './hint-words.ts'
import type { Hint, TriedPoint } from './tried.ts'

/** Bytes that devices send in place of a value when no probe is connected. */
const emptyBytes = ['7fff', '8000', 'ffff', '7fffffff', '80000000', 'ffffffff', '7fc00000', 'ff7fffff', '7f7fffff', 'ffc00000']
/** Numbers that devices send for the same; 85 and −127 come from DS18B20 probes (power-on, cut wire). */
const emptyValues = [-999, -99.9, 999.9, 9999, -9999, 85, -127, 327.67, -327.68, 3276.7, -3276.8]

/** A value that is no value: the device's own code for "no sensor". */
export function sentinelHint(point: TriedPoint): Hint | undefined {
  if (point.kind === 'contact' || point.kind === 'state') return undefined
  if (point.fault?.code === 'sentinel') return hint(point, undefined)
  const { raw, value } = point
  const isEmpty = emptyBytes.includes(raw) || (value !== undefined && emptyValues.includes(value))
  if (!isEmpty || (value !== undefined && fitOf(value, point) === 'expected')) return undefined
  return hint(point, codeOf(point))
}

function hint(point: TriedPoint, code: number | undefined): Hint {
  const what = point.value === undefined ? point.raw : shown(point.value, point)
  return {
    code: 'sentinel',
    points: [point.key],
    say: {
      zh: `读出 ${what}，这是许多设备表示“没有探头”的代码。请检查探头接线，或是否选错了通道。`,
      en: `It reads ${what}, which many devices send for "no sensor". Check the probe and its wires, or whether another channel is meant.`,
    },
    ...(code === undefined ? {} : { change: [{ point: point.key, settings: { sentinel: [...sentinelsOf(point), code] } }] }),
  }
}

const sentinelsOf = ({ settings }: TriedPoint): readonly unknown[] =>
  Array.isArray(settings['sentinel']) ? settings['sentinel'] : []

/** The number as the device sent it, where its bytes say so: sentinels are compared before scaling. */
function codeOf({ raw, settings }: TriedPoint): number | undefined {
  const type = String(settings['type'] ?? 'uint16')
  if (!('register' in settings) || !/^[0-9a-f]{4}([0-9a-f]{4})?$/.test(raw) || !/^u?int/.test(type)) return undefined
  const unsigned = Number.parseInt(raw, 16)
  return type.startsWith('u') || unsigned < 2 ** (raw.length * 4 - 1) ? unsigned : unsigned - 2 ** (raw.length * 4)
}

/** 65 511 where −25 was meant: a number below nought that was read without its sign. */
export function unsignedHint(point: TriedPoint): readonly Hint[] {
  const { raw, settings, value } = point
  const type = String(settings['type'] ?? 'uint16')
  // Where another unit is converted as well, what would fit cannot be said from here.
  if (
    value === undefined ||
    'unit' in settings ||
    !('register' in settings) ||
    !type.startsWith('uint') ||
    !/^[89a-f][0-9a-f]+$/.test(raw)
  )
    return []
  const bits = raw.length * 4
  if (type !== `uint${bits}` || bits > 32) return []
  const scale = typeof settings['scale'] === 'number' ? settings['scale'] : 1
  const would = undusted(value - 2 ** bits * scale)
  if (fitOf(would, point) === 'impossible') return []
  return [
    {
      code: 'unsigned',
      points: [point.key],
      say: {
        zh: `读出 ${shown(value, point)}，很像是零下的数没带符号。按 int${bits} 读是 ${shown(would, point)}。`,
        en: `It reads ${shown(value, point)}, which looks like a number below zero read without its sign. As int${bits} it is ${shown(would, point)}.`,
      },
      change: [{ point: point.key, settings: { type: `int${bits}` } }],
      gives: [{ point: point.key, value: would }],
    },
  ]
}
