import type { Words } from '../../protocols/contract/driver.ts'
import { fitOf, isBetter, isIn, isWithinReason, undusted } from './fitting.ts'
import { shown, whatToTry } from './hint-words.ts'
import { sentinelHint, unsignedHint } from './hint-codes.ts'
import type { Hint, TriedPoint, Variant } from './tried.ts'

/**
 * What looks wrong with equipment as it was just read, the likeliest first. Each hint says what would fit and with which settings; where
 * the equipment was read in other ways as well (`variants`), what it says is what it really gave. Pure.
 */
export function hintsFor(points: readonly TriedPoint[], variants: readonly Variant[] = []): readonly Hint[] {
  const swapped = swaps(points)
  const told = new Set(swapped.flatMap(hint => hint.points))
  return [...swapped, ...points.flatMap(point => (told.has(point.key) ? [] : hintsOf(point, variants)))]
}

function hintsOf(point: TriedPoint, variants: readonly Variant[]): readonly Hint[] {
  const mine = variants.filter(variant => variant.point === point.key)
  const { value } = point
  const code = sentinelHint(point)
  if (code) return [code]
  if (value === undefined) return [...variantHints(point, mine), noAnswer(point)]
  const fit = fitOf(value, point)
  if (fit === 'expected' && !(value === 0 && point.kind === 'measurement')) return []
  if (value === 0) return [zero(point), ...variantHints(point, mine)]
  const read = [...unsignedHint(point), ...variantHints(point, mine)]
  // Bytes in the wrong order are no number to be scaled; and a cabinet that was just switched on is as warm as its room.
  const isNumber = isWithinReason(value) && !(fit === 'possible' && isRoomWarm(value, point))
  const better = [...read, ...(isNumber && !read.some(({ code }) => code === 'order') ? scaleHints(value, point) : [])]
  if (better.length > 0) return better
  return [fit === 'possible' ? unusual(value, point) : outOfRange(value, point)]
}

const isRoomWarm = (value: number, { unit }: TriedPoint): boolean => unit === '°C' && isIn(value, { min: 10, max: 35 })

/** Temperature and humidity in each other's place: the commonest mistake with sensors of two makers. */
function swaps(points: readonly TriedPoint[]): readonly Hint[] {
  return points.flatMap(warm => {
    const damp = points.find(({ unit }) => unit === '%RH')
    if (warm.unit !== '°C' || !damp || warm.value === undefined || damp.value === undefined) return []
    const [t, h] = [warm.value, damp.value]
    const now = [fitOf(t, warm), fitOf(h, damp)] as const
    const then = [fitOf(h, warm), fitOf(t, damp)] as const
    if (then[0] !== 'expected' || then[1] !== 'expected' || !isBetter(then[0], now[0])) return []
    const change = [
      { point: warm.key, settings: placeOf(damp, warm) },
      { point: damp.key, settings: placeOf(warm, damp) },
    ]
    if (change.some(({ settings }) => Object.keys(settings).length === 0)) return []
    return [
      {
        code: 'swapped' as const,
        points: [warm.key, damp.key],
        say: {
          zh: `温度读出 ${shown(t, warm)}，湿度读出 ${shown(h, damp)}，很像是两个地址对调了。换过来是 ${shown(h, warm)} 和 ${shown(t, damp)}。`,
          en: `Temperature reads ${shown(t, warm)} and humidity ${shown(h, damp)}: the two addresses look swapped. The other way round they are ${shown(h, warm)} and ${shown(t, damp)}.`,
        },
        change,
        gives: [
          { point: warm.key, value: h },
          { point: damp.key, value: t },
        ],
      },
    ]
  })
}

/** Keys that say where a value stands, in whatever protocol. */
const placeKeys = ['register', 'table', 'topic', 'value', 'node', 'oid', 'object', 'instance', 'key', 'metric']

function placeOf(from: TriedPoint, to: TriedPoint): Readonly<Record<string, unknown>> {
  const keys = placeKeys.filter(key => from.settings[key] !== to.settings[key])
  return Object.fromEntries(keys.map(key => [key, from.settings[key] ?? null]))
}

/** The best of each way in which reading differently gave something that fits better. */
function variantHints(point: TriedPoint, variants: readonly Variant[]): readonly Hint[] {
  const now = point.value === undefined ? 'impossible' : fitOf(point.value, point)
  const fitting = variants.flatMap(variant => {
    if (variant.value === undefined || variant.value === 0) return []
    const fit = fitOf(variant.value, point)
    // A neighbour that is merely possible proves nothing; the same bytes in another order do.
    const isEnough = variant.by === 'order' ? isBetter(fit, now) : fit === 'expected'
    return isEnough ? [{ ...variant, value: variant.value, fit }] : []
  })
  return (['order', 'type', 'register', 'table'] as const).flatMap(by => {
    const best = fitting.filter(variant => variant.by === by).toSorted((a, b) => (isBetter(b.fit, a.fit) ? 1 : 0))[0]
    if (!best) return []
    return [
      {
        code: by === 'register' ? ('address' as const) : by,
        points: [point.key],
        say: sayVariant(point, best),
        change: [{ point: point.key, settings: best.change }],
        gives: [{ point: point.key, value: best.value }],
      },
    ]
  })
}

function sayVariant(point: TriedPoint, { by, change, value }: Variant & { readonly value: number }): Words {
  const [fits, is] = [shown(value, point), point.value === undefined ? undefined : shown(point.value, point)]
  const [zhNow, enNow] = is === undefined ? ['没有读数', 'nothing'] : [is, is]
  const now = point.settings
  switch (by) {
    case 'order': {
      const [other, mine] = [String(change['order']), String(now['order'] ?? 'ABCD')]
      return {
        zh: `字节顺序：${other} 读出 ${fits}，${mine} 读出 ${zhNow}。`,
        en: `Byte order: ${other} gives ${fits}, ${mine} gives ${enNow}.`,
      }
    }
    case 'type': {
      const how = [change['type'], change['order']].filter(part => part !== undefined && part !== null).join(' ')
      return {
        zh: `数据类型：按 ${how} 读出 ${fits}，现在读出 ${zhNow}。`,
        en: `Data type: read as ${how} it gives ${fits}, now it gives ${enNow}.`,
      }
    }
    case 'register': {
      const [other, mine] = [String(change['register']), String(now['register'])]
      return {
        zh: `地址可能差 1：寄存器 ${other} 读出 ${fits}，${mine} 读出 ${zhNow}。说明书从 1 数起时要减 1。`,
        en: `The address may be off by one: register ${other} gives ${fits}, ${mine} gives ${enNow}. Where a manual counts from 1, write one less.`,
      }
    }
    case 'table':
      return {
        zh: `在 ${String(change['table'])} 表的同一地址读出 ${fits}，现在的表读出 ${zhNow}。`,
        en: `The same address of the ${String(change['table'])} table gives ${fits}, the present one gives ${enNow}.`,
      }
  }
}

/** Divided or multiplied by ten, or degrees of another country. */
function scaleHints(value: number, point: TriedPoint): readonly Hint[] {
  const now = fitOf(value, point)
  const scale = typeof point.settings['scale'] === 'number' ? point.settings['scale'] : 1
  const scaled = [0.1, 0.01, 10, 100, 0.001].flatMap(factor => {
    const would = undusted(value * factor)
    return isBetter(fitOf(would, point), now) ? [{ factor, would }] : []
  })
  const best = scaled.find(({ would }) => fitOf(would, point) === 'expected') ?? scaled[0]
  const hints: Hint[] = []
  if (best) {
    const next = undusted(scale * best.factor)
    hints.push({
      code: 'scale',
      points: [point.key],
      say: {
        zh: `倍率：读出 ${shown(value, point)}；写 scale: ${next} 就是 ${shown(best.would, point)}。`,
        en: `Scale: it reads ${shown(value, point)}; with scale: ${next} it is ${shown(best.would, point)}.`,
      },
      change: [{ point: point.key, settings: { scale: next } }],
      gives: [{ point: point.key, value: best.would }],
    })
  }
  const celsius = undusted(((value - 32) * 5) / 9)
  if (point.unit === '°C' && point.settings['unit'] === undefined && isBetter(fitOf(celsius, point), now)) {
    const hint: Hint = {
      code: 'fahrenheit',
      points: [point.key],
      say: {
        zh: `可能是华氏度：${value.toFixed(point.decimals)} °F 就是 ${shown(celsius, point)}。`,
        en: `It may be in Fahrenheit: ${value.toFixed(point.decimals)} °F is ${shown(celsius, point)}.`,
      },
      change: [{ point: point.key, settings: { unit: '°F' } }],
      gives: [{ point: point.key, value: celsius }],
    }
    // Digits behind the point show that a scale is at work already: then the unit is the likelier mistake.
    if (scale !== 1 || !Number.isInteger(value)) hints.unshift(hint)
    else hints.push(hint)
  }
  return hints
}

const zero = (point: TriedPoint): Hint => ({
  code: 'zero',
  points: [point.key],
  say: {
    zh: `读出的正好是 0。可能探头没有接上，或这个地址上没有东西；请用手捂一下探头，看它变不变。`,
    en: `It reads exactly 0. Perhaps no probe is connected, or nothing stands at this address: warm the probe with your hand and see whether it moves.`,
  },
})
const unusual = (value: number, point: TriedPoint): Hint => ({
  code: 'unusual',
  points: [point.key],
  say: {
    zh: `${shown(value, point)} 不在平常的 ${point.range.min} 到 ${point.range.max} 之间，但有可能（例如刚通电）。请与现场的表对一下。`,
    en: `${shown(value, point)} is outside the usual ${point.range.min} to ${point.range.max}, yet possible (just switched on, for example). Compare it with a gauge on site.`,
  },
})
const outOfRange = (value: number, point: TriedPoint): Hint => ({
  code: point.kind === 'contact' || point.kind === 'state' ? 'unknown-code' : 'out-of-range',
  points: [point.key],
  say:
    point.kind === 'contact' || point.kind === 'state'
      ? {
          zh: `读出 ${value}，不是已知的代码（${[...point.labels.keys()].join('、')}）。请核对地址和位。`,
          en: `It reads ${value}, which is none of the known codes (${[...point.labels.keys()].join(', ')}). Check the address and the bit.`,
        }
      : {
          zh: `${shown(value, point)}：${whatToTry['out-of-range'].zh}`,
          en: `${shown(value, point)}: ${whatToTry['out-of-range'].en}`,
        },
})
const noAnswer = (point: TriedPoint): Hint => ({
  code: 'no-answer',
  points: [point.key],
  say: whatToTry[point.fault?.code ?? 'timeout'],
})
