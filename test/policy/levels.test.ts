import { describe, expect, test } from 'vitest'
import { expandLevels } from '../../gateway/policy/levels.ts'
import { specOf } from './oracle.ts'

const rule = { kind: 'limit', op: 'gt', value: 8, deadband: 0.5, onDelay: '20m', offDelay: '5m' }
const paths = (levels: unknown, first: object = rule): readonly string[] =>
  expandLevels({ ...first, levels }, 'too-warm').problems.map(({ path }) => path.join('.'))

describe('levels of a limit', () => {
  test('are rules of their own, and have from the first what they do not say themselves', () => {
    const title = { zh: '严重超温', en: 'Much too warm' }
    const levels = [
      { value: 12, onDelay: '5m', priority: 'high', title },
      { value: 20, onDelay: '0s', advice: '马上转移' },
    ]

    expect(expandLevels({ ...rule, levels }, 'too-warm')).toEqual({
      problems: [],
      levels: [
        { name: 'too-warm', raw: rule },
        { name: 'too-warm-2', raw: { ...rule, value: 12, onDelay: '5m' }, priority: 'high', title },
        {
          name: 'too-warm-3',
          raw: { ...rule, value: 20, onDelay: '0s' },
          priority: 'high',
          advice: { zh: '马上转移', en: '马上转移' },
        },
      ],
    })
  })

  test('read as limits, each', () => {
    const { levels } = expandLevels({ ...rule, levels: [{ value: 12, onDelay: '5m' }] }, 'too-warm')

    expect(levels.map(({ raw }) => specOf({ kind: 'limit', ...raw }))).toMatchObject([
      { value: 8, onDelay: 1_200_000 },
      { value: 12, onDelay: 300_000, deadband: 0.5 },
    ])
  })

  test('are one where none are written', () => {
    expect(expandLevels(rule, 'too-warm')).toEqual({ levels: [{ name: 'too-warm', raw: rule }], problems: [] })
  })

  test.each<readonly [string, unknown, readonly string[], object]>([
    ['a level that is no further beyond', [{ value: 8 }], ['levels.0.value'], rule],
    ['a level on the good side', [{ value: 7 }], ['levels.0.value'], rule],
    ['a level further beyond in the wrong direction', [{ value: 12 }], ['levels.0.value'], { ...rule, op: 'lt' }],
    ['a level below the one before it', [{ value: 20 }, { value: 12 }], ['levels.1.value'], rule],
    ['a level as far for a shorter time', [{ value: 8, onDelay: '5m' }], ['levels.0.value'], rule],
    ['a lower priority', [{ value: 12, priority: 'low' }], ['levels.0.priority'], { ...rule, priority: 'medium' }],
    [
      'a priority below that of the level before',
      [
        { value: 12, priority: 'high' },
        { value: 20, priority: 'low' },
      ],
      ['levels.1.priority'],
      rule,
    ],
    ['no priority at all', [{ value: 12, priority: 'urgent' }], ['levels.0.priority'], rule],
    ['a setting no level has', [{ value: 12, op: 'ge', point: 'x' }], ['levels.0.op', 'levels.0.point'], rule],
    ['a title in one language', [{ value: 12, title: { zh: '热' } }], ['levels.0.title'], rule],
    ['something that is no level', [{ value: 12 }, 20], ['levels.1'], rule],
    ['no list', { value: 12 }, ['levels'], rule],
    ['an empty list', [], ['levels'], rule],
    ['another kind of rule', [{ value: 12 }], ['levels'], { kind: 'rate', perMinute: 1 }],
  ])('do not take %s', (_name, levels, expected, first) => {
    expect(paths(levels, first)).toEqual(expected)
  })

  test.each<readonly [string, unknown, object]>([
    ['as far for longer', [{ value: 8, onDelay: '2h' }], rule],
    ['further down below a lower limit', [{ value: -4 }], { ...rule, op: 'le' }],
    ['a value that is a fact of the equipment, which is not known yet', [{ value: { fact: 'most', default: 9 } }], rule],
  ])('may be %s', (_name, levels, first) => {
    expect(paths(levels, first)).toEqual([])
  })
})
