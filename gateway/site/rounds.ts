import { randomBytes } from 'node:crypto'
import { hours, minutes } from '../../protocols/contract/time.ts'
import type { Millis } from '../../protocols/contract/time.ts'
import { codeLength, codeOf, isEasyCode, readCode } from '../rounds/route.ts'
import type { CheckPoint, RoundRoute } from '../rounds/route.ts'
import type { Installed } from './equipment.ts'
import type { Parts } from './parts.ts'
import { below, duration, flag, idKey, list, mapping, oneOf, pairs, required, text, wordsOf } from './reader.ts'
import type { Item, Report } from './report.ts'

const usualTime = minutes(60)
const longestTime = hours(24)

/** The rounds people walk, of the site file. */
export function readRounds(report: Report, { rounds, areas }: Parts, installed: readonly Installed[]): readonly RoundRoute[] {
  if (!rounds || !mapping(report, rounds)) return []
  const ground = { equipment: installed.map(({ equipment }) => equipment.id), areas: areas.map(({ id }) => id) }
  const codes = new Map<string, Item>()
  return pairs(rounds).flatMap(([id, item]) =>
    idKey(report, item, id) ? (readRound(report, id, item, ground, codes) ?? []) : [],
  )
}

interface Ground {
  readonly equipment: readonly string[]
  readonly areas: readonly string[]
}

function readRound(report: Report, id: string, item: Item, ground: Ground, codes: Map<string, Item>): RoundRoute | undefined {
  if (!mapping(report, item, ['name', 'equipment', 'within', 'ordered', 'checkpoints'])) return undefined
  const equipment = oneOf(
    report,
    required(report, item, 'equipment', ground.equipment[0] ?? 'patrol-1'),
    ground.equipment,
    'unknown-equipment',
  )
  const pointsItem = required(report, item, 'checkpoints', '{ gate: { name: 大门, code: … } }')
  const points = pointsItem && mapping(report, pointsItem) ? pairs(pointsItem) : []
  if (pointsItem && points.length === 0 && !report.has(pointsItem)) report.error(pointsItem, nothingToPass)
  const checkPoints = points.flatMap(([point, entry]) =>
    idKey(report, entry, point) ? (readCheckPoint(report, point, entry, ground, codes) ?? []) : [],
  )
  if (equipment === undefined || checkPoints.length === 0) return undefined
  return {
    id,
    name: wordsOf(report, below(item, 'name')) ?? { zh: id, en: id },
    equipment,
    checkPoints,
    within: readTime(report, below(item, 'within')),
    ordered: flag(report, below(item, 'ordered')) ?? false,
  }
}

function readTime(report: Report, item: Item | undefined): Millis {
  const within = duration(report, item) ?? usualTime
  if (item && (within < minutes(1) || within > longestTime)) {
    report.error(item, {
      code: 'bad-duration',
      wrong: { zh: '一圈走不了这么久，或没这么快', en: 'no round takes so long, or so little' },
      write: { zh: '写 1m 到 24h，例如 `60m`', en: 'write 1m to 24h, for example `60m`' },
    })
  }
  return within
}

function readCheckPoint(
  report: Report,
  id: string,
  item: Item,
  { areas }: Ground,
  codes: Map<string, Item>,
): CheckPoint | undefined {
  if (!mapping(report, item, ['name', 'code', 'area', 'checks'])) return undefined
  const area = oneOf(report, below(item, 'area'), areas, 'unknown-area')
  const code = readOwnCode(report, item, codes)
  return {
    id,
    name: wordsOf(report, below(item, 'name')) ?? { zh: id, en: id },
    ...(area === undefined ? {} : { area }),
    code: code ?? '',
    checks: list(report, below(item, 'checks')).flatMap(check => wordsOf(report, check) ?? []),
  }
}

/**
 * The code must be written: one made from names could be made by anybody who knows them. What is proposed is random, so that it can be
 * copied as it stands.
 */
function readOwnCode(report: Report, item: Item, codes: Map<string, Item>): string | undefined {
  const fresh = freshCode()
  const codeItem = required(report, item, 'code', fresh)
  if (!codeItem) return undefined
  // A code of digits alone is read as a number by YAML; it is one all the same, unless a leading zero was lost.
  const written = typeof codeItem.value === 'number' ? String(codeItem.value) : text(report, codeItem, fresh)
  if (written === undefined) return undefined
  const code = readCode(written)
  if (code === undefined) {
    report.error(codeItem, {
      code: 'bad-code',
      wrong: {
        zh: `“${written}”不能作编码：要 ${codeLength.least} 到 ${codeLength.most} 个字母或数字`,
        en: `"${written}" cannot be a code: ${codeLength.least} to ${codeLength.most} letters or digits`,
      },
      write: { zh: `例如 \`${fresh}\`（随机，可直接用）`, en: `for example \`${fresh}\` (random, use it as it is)` },
    })
    return undefined
  }
  if (isEasyCode(code)) {
    report.warn(codeItem, {
      code: 'easy-code',
      wrong: { zh: `“${written}”一猜就中，人不到也能打卡`, en: `"${written}" is guessed at once: nobody need go there` },
      write: { zh: `换成 \`${fresh}\` 并重新打印`, en: `take \`${fresh}\` and print the label anew` },
    })
  }
  const before = codes.get(code)
  if (before) {
    const place = `${before.document.file}:${before.document.place(before.path, 'value').line}`
    report.error(codeItem, {
      code: 'duplicate-code',
      wrong: { zh: `这个编码已经用在 ${place}`, en: `this code is already used at ${place}` },
      write: { zh: `换一个，例如 \`${fresh}\``, en: `take another, for example \`${fresh}\`` },
    })
  } else codes.set(code, codeItem)
  return code
}

function freshCode(): string {
  for (;;) {
    const code = codeOf(randomBytes(codeLength.least))
    if (!isEasyCode(readCode(code) ?? '')) return code
  }
}

const nothingToPass = {
  code: 'no-checkpoints',
  wrong: { zh: '一个巡查点也没有', en: 'there is no check-point' },
  write: { zh: '至少写一个：`gate: { name: 大门, code: … }`', en: 'write at least one: `gate: { name: Gate, code: … }`' },
} as const
