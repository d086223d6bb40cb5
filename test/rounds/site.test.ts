import { describe, expect, test } from 'vitest'
import { minutes } from '../../protocols/contract/time.ts'
import { readSite } from '../../gateway/site/load.ts'
import { loadShelf } from '../../gateway/site/shelf.ts'
import { tiny } from '../site/tiny.ts'

const shelf = await loadShelf()
const ground = `site: { id: greenhill, name: School }
connections:
  bus: { protocol: tiny, host: 10.0.0.5 }
areas:
  office:
    name: Office
    equipment:
      patrol-1: { type: patrol-point, name: Patrol, connection: bus, unit: 1, points: { visits: { register: 0 } } }
`
const read = (rounds: string) => readSite([{ name: 'site.yaml', text: ground + rounds }], {}, [tiny], shelf)
const problems = (rounds: string) =>
  read(rounds).problems.map(({ severity, code, line, column, path }) => `${severity} ${code} ${line}:${column} ${path}`)
const good = `rounds:
  night-labs:
    name: { zh: 夜间巡查, en: Night round }
    equipment: patrol-1
    within: 45m
    ordered: true
    checkpoints:
      gate: { name: 大门, code: 7f3k-9qpm, area: office, checks: [门锁好, { zh: 灯已关, en: Lights off }] }
      hall: { code: 4XW2T8RB }
`

describe('rounds in the site file', () => {
  test('are read with everything filled in', () => {
    const site = read(good)
    expect(site.problems).toEqual([])
    expect(site.ok && site.site.rounds).toEqual([
      {
        id: 'night-labs',
        name: { zh: '夜间巡查', en: 'Night round' },
        equipment: 'patrol-1',
        within: minutes(45),
        ordered: true,
        checkPoints: [
          {
            id: 'gate',
            name: { zh: '大门', en: '大门' },
            area: 'office',
            code: '7F3K9QPM',
            checks: [
              { zh: '门锁好', en: '门锁好' },
              { zh: '灯已关', en: 'Lights off' },
            ],
          },
          { id: 'hall', name: { zh: 'hall', en: 'hall' }, code: '4XW2T8RB', checks: [] },
        ],
      },
    ])
    const usual = read('rounds: { r: { equipment: patrol-1, checkpoints: { a: { code: 7F3K-9QPM } } } }\n')
    expect(usual.ok && usual.site.rounds[0]).toMatchObject({ name: { zh: 'r', en: 'r' }, within: minutes(60), ordered: false })
  })

  test.each([
    [
      'equipment that is not there',
      good.replace('patrol-1', 'patrol-9'),
      ['error unknown-equipment 12:16 rounds.night-labs.equipment'],
    ],
    [
      'an area that is not there',
      good.replace('area: office', 'area: offices'),
      ['error unknown-area 16:48 rounds.night-labs.checkpoints.gate.area'],
    ],
    [
      'a code that is too short',
      good.replace('7f3k-9qpm', 'gate-1'),
      ['error bad-code 16:31 rounds.night-labs.checkpoints.gate.code'],
    ],
    ['no code', good.replace('code: 7f3k-9qpm, ', ''), ['error missing 16:7 rounds.night-labs.checkpoints.gate']],
    [
      'a code used twice, in whatever form',
      good.replace('4XW2T8RB', '7F3K 9QPM'),
      ['error duplicate-code 17:21 rounds.night-labs.checkpoints.hall.code'],
    ],
    [
      'a code that is easily guessed',
      good.replace('4XW2T8RB', '12345678'),
      ['warning easy-code 17:21 rounds.night-labs.checkpoints.hall.code'],
    ],
    ['a length that is none', good.replace('45m', '45'), ['error bad-duration 13:13 rounds.night-labs.within']],
    ['a length no round has', good.replace('45m', '45d'), ['error bad-duration 13:13 rounds.night-labs.within']],
    ['an unknown key', good.replace('ordered', 'order'), ['error unknown-key 14:5 rounds.night-labs.order']],
    [
      'an unknown key of a check-point',
      good.replace('checks:', 'check:'),
      ['error unknown-key 16:56 rounds.night-labs.checkpoints.gate.check'],
    ],
    ['a word for yes', good.replace('true', 'always'), ['error wrong-type 14:14 rounds.night-labs.ordered']],
    [
      'no check-points',
      'rounds: { r: { equipment: patrol-1, checkpoints: {} } }\n',
      ['error no-checkpoints 9:50 rounds.r.checkpoints'],
    ],
    [
      'nothing that a round needs',
      'rounds: { r: { name: R } }\n',
      ['error missing 9:11 rounds.r', 'error missing 9:11 rounds.r'],
    ],
    ['an id that is none', good.replace('night-labs:', 'Night Labs:'), ['error bad-id 10:3 rounds.Night Labs']],
    ['a list', 'rounds: [night]\n', ['error wrong-type 9:9 rounds']],
  ])('with %s are told so, with the place', (_name, text, expected) => {
    expect(problems(text)).toEqual(expected)
  })

  test('propose a code that can be taken as it stands, and never the same', () => {
    const propose = () => read(good.replace('code: 7f3k-9qpm, ', '')).problems[0]?.write.zh ?? ''
    const [, code = ''] = /`code: ([0-9A-Z]{4}-[0-9A-Z]{4})`/.exec(propose()) ?? []
    expect(code).not.toBe('')
    expect(read(good.replace('7f3k-9qpm', code)).problems).toEqual([])
    expect(propose()).not.toBe(propose())
  })
})
