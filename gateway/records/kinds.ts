import type { Words } from '../../protocols/contract/driver.ts'
import type { Field, Fields, WrongField } from './field.ts'
import { mistakeIn } from './field.ts'
import { batchFields, due, instrument, note, number, text } from './usual-fields.ts'

/** The equipment a record is about, as far as its form depends on it. */
export interface RecordPlace {
  readonly type: string
  /** Keys of its points. */
  readonly points: readonly string[]
  /** Keys of the points that measure or count something a person could read as well. */
  readonly readable: readonly string[]
}

/** One kind of record that people make: what its form asks for, and what signing it means. */
export interface RecordKind {
  readonly kind: string
  readonly name: Words
  readonly icon: string
  /** What the two verdicts are called; absent where there is nothing to judge. */
  readonly verdicts?: { readonly passed: Words; readonly failed: Words }
  /** What whoever signs vouches for; absent where a name is enough. */
  readonly signs?: Words
  readonly fields: readonly Field[]
  /** Whether it makes sense for such equipment. Programs may record it for any. */
  suits(place: RecordPlace): boolean
  /** What the fields cannot say one by one. */
  check?(fields: Fields): readonly WrongField[]
}

const anywhere = (): boolean => true
const types =
  (...names: readonly string[]) =>
  ({ type }: RecordPlace): boolean =>
    names.includes(type)
const cold = types('fresh-keeping-cabinet', 'freezer', 'vaccine-fridge', 'vaccine-freezer')
const good = { passed: { zh: '正常', en: 'In order' }, failed: { zh: '有问题', en: 'Not in order' } }
const done = { passed: { zh: '做完了', en: 'Done' }, failed: { zh: '没做成', en: 'Not done' } }

const isNumber = (value: unknown): boolean => typeof value === 'number'
const needsNumber = (fields: Fields, key: string, wrong: Words): readonly WrongField[] =>
  Object.values(fields).some(isNumber) ? [] : [{ key, wrong }]

/** Contract §2, in the order of a form's tiles, and those that packs wait for. Others that a rule waits for have no form and any fields. */
export const recordKinds: readonly RecordKind[] = [
  {
    kind: 'dosing',
    name: { zh: '投药', en: 'Dosing' },
    icon: 'tank',
    signs: { zh: '本人按此记录投药，用量属实', en: 'I dosed what is recorded here' },
    fields: [
      number('grams', { zh: '实投量', en: 'Amount dosed' }, { unit: 'g', min: 0, max: 100_000, decimals: 2 }, 'always'),
      ...batchFields,
      number('volume', { zh: '池内水量', en: 'Water in the tank' }, { unit: 'm³', min: 0.001, max: 100_000, decimals: 2 }),
      number('residual', { zh: '投药前余氯', en: 'Free chlorine before' }, { unit: 'mg/L', min: 0, max: 20, decimals: 2 }),
      number('target', { zh: '目标余氯', en: 'Free chlorine wanted' }, { unit: 'mg/L', min: 0, max: 2, decimals: 2 }),
      number('demand', { zh: '水的耗氯量', en: 'Used up by the water' }, { unit: 'mg/L', min: 0, max: 10, decimals: 2 }),
      { key: 'weighed', name: { zh: '已称量', en: 'Weighed' }, need: 'form', holds: 'flag' },
      note,
    ],
    suits: types('water-tank'),
  },
  {
    kind: 'reading',
    name: { zh: '手工读数', en: 'Hand reading' },
    icon: 'sensor',
    fields: [
      { key: 'point', name: { zh: '读的是什么', en: 'What was read' }, need: 'form', holds: 'point' },
      number('value', { zh: '读数', en: 'Reading' }, { unit: '', min: -1e9, max: 1e12, decimals: 2 }, 'form'),
      instrument,
      number(
        'follows',
        { zh: '属于哪次投药（序号）', en: 'Belongs to the dosing no.' },
        { unit: '', min: 1, max: 1e15, decimals: 0 },
      ),
      note,
    ],
    suits: ({ readable }) => readable.length > 0,
    check: fields =>
      'point' in fields && !isNumber(fields['value'])
        ? [{ key: 'value', wrong: { zh: '没有填写读数', en: 'the reading is missing' } }]
        : [],
  },
  {
    kind: 'defrost',
    name: { zh: '除霜', en: 'Defrost' },
    icon: 'freezer',
    verdicts: done,
    fields: [
      number('millimetres', { zh: '除霜前霜厚', en: 'Frost before' }, { unit: 'mm', min: 0, max: 500, decimals: 0 }),
      number('minutes', { zh: '用时', en: 'Took' }, { unit: 'min', min: 0, max: 10_000, decimals: 0 }),
      text('goods', { zh: '食品放到哪里', en: 'Where the goods were put' }, 'form'),
      note,
    ],
    suits: cold,
  },
  {
    kind: 'cleaning',
    name: { zh: '清洗', en: 'Cleaning' },
    icon: 'broom',
    verdicts: done,
    fields: [
      text('what', { zh: '清洗了什么', en: 'What was cleaned' }, 'form'),
      text('with', { zh: '用什么清洗', en: 'Cleaned with' }),
      {
        ...text('newProduct', { zh: '换用的消毒药剂', en: 'Disinfectant from now on' }),
        hint: {
          zh: '只在换药时填：药桶和管路已洗净，由管理员登记',
          en: 'Only when the product changes: drum and lines are clean, recorded by an administrator',
        },
      },
      note,
    ],
    suits: anywhere,
  },
  {
    kind: 'inspection',
    name: { zh: '检查', en: 'Inspection' },
    icon: 'duties',
    verdicts: good,
    fields: [text('what', { zh: '看了什么', en: 'What was looked at' }), note],
    suits: anywhere,
  },
  {
    kind: 'maintenance',
    name: { zh: '保养', en: 'Maintenance' },
    icon: 'repair',
    verdicts: done,
    fields: [
      text('work', { zh: '做了什么', en: 'Work done' }, 'form'),
      text('parts', { zh: '用的零件', en: 'Parts used' }),
      due,
      note,
    ],
    suits: anywhere,
  },
  {
    kind: 'repair',
    name: { zh: '维修', en: 'Repair' },
    icon: 'repair',
    verdicts: { passed: { zh: '修好了', en: 'Mended' }, failed: { zh: '没修好', en: 'Not mended' } },
    signs: { zh: '本人验收，设备可以使用', en: 'I checked it; it may be used again' },
    fields: [
      text('fault', { zh: '故障', en: 'Fault' }, 'form'),
      text('work', { zh: '怎么修的', en: 'What was done' }, 'form'),
      text('company', { zh: '维修单位', en: 'Repaired by' }),
      text('reportedTo', { zh: '报给了谁', en: 'Reported to' }),
      number('cost', { zh: '费用', en: 'Cost' }, { unit: '元', min: 0, max: 1e8, decimals: 2 }),
      note,
    ],
    suits: anywhere,
  },
  {
    kind: 'calibration',
    name: { zh: '校准', en: 'Calibration' },
    icon: 'speed',
    verdicts: { passed: { zh: '合格', en: 'Passed' }, failed: { zh: '不合格', en: 'Failed' } },
    signs: { zh: '本人校准，数据属实', en: 'I calibrated it; the figures are true' },
    fields: [
      { key: 'point', name: { zh: '校准的测点', en: 'Point' }, need: 'form', holds: 'point' },
      { ...instrument, need: 'form' },
      number('reference', { zh: '标准值', en: 'Reference' }, { unit: '', min: -1e9, max: 1e9, decimals: 2 }),
      number('asFound', { zh: '校准前示值', en: 'As found' }, { unit: '', min: -1e9, max: 1e9, decimals: 2 }, 'form'),
      number('asLeft', { zh: '校准后示值', en: 'As left' }, { unit: '', min: -1e9, max: 1e9, decimals: 2 }, 'form'),
      text('certificate', { zh: '证书编号', en: 'Certificate' }),
      { key: 'due', name: { zh: '下次校准', en: 'Next due' }, need: 'form', holds: 'day' },
      note,
    ],
    suits: ({ readable }) => readable.length > 0,
  },
  {
    kind: 'expiry',
    name: { zh: '到期日', en: 'Expiry' },
    icon: 'duty',
    fields: [
      text('item', { zh: '什么东西', en: 'Item' }, 'form'),
      { key: 'expires', name: { zh: '新的到期日', en: 'New expiry' }, need: 'always', holds: 'day' },
      text('batch', { zh: '编号或批号', en: 'Number or batch' }),
      note,
    ],
    suits: anywhere,
  },
  {
    kind: 'meter-reading',
    name: { zh: '抄表', en: 'Meter reading' },
    icon: 'gas-meter',
    signs: { zh: '本人到现场抄表，没有估抄', en: 'I read it on the spot, nothing is estimated' },
    fields: [
      number('base', { zh: '基表读数', en: 'Base meter' }, { unit: 'm³', min: 0, max: 1e9, decimals: 2 }, 'form'),
      number('total', { zh: '累计用气量', en: 'Cumulative use' }, { unit: 'm³', min: 0, max: 1e9, decimals: 2 }, 'form'),
      number('balance', { zh: '表内余量', en: 'Balance in the meter' }, { unit: 'm³', min: -1e6, max: 1e9, decimals: 2 }, 'form'),
      {
        key: 'obtained',
        name: { zh: '怎么得到的', en: 'How it was obtained' },
        need: 'form',
        holds: 'choice',
        isOpen: true,
        choices: [
          { value: 'read', name: { zh: '到表前抄的', en: 'read at the meter' } },
          { value: 'photo', name: { zh: '用户发来的照片', en: 'from a photo' } },
          { value: 'remote', name: { zh: '远传', en: 'remote' } },
        ],
      },
      note,
    ],
    suits: types('gas-meter', 'residential-meter', 'reading-sheet'),
    check: fields => [
      ...(/^(?:estimated|estimate|估抄)$/i.test(String(fields['obtained'] ?? ''))
        ? [
            {
              key: 'obtained',
              wrong: {
                zh: '不能估抄（GAS-5）：到表前抄，进不了门就登记“检查—有问题”',
                en: 'estimates are not taken (GAS-5): read the meter; where nobody opens, record an inspection that is not in order',
              },
            },
          ]
        : []),
      ...needsNumber(fields, 'base', { zh: '没有填写读数', en: 'the reading is missing' }),
    ],
  },
  {
    kind: 'corrective-action',
    name: { zh: '整改', en: 'Corrective action' },
    icon: 'sent',
    verdicts: { passed: { zh: '已解决', en: 'Settled' }, failed: { zh: '还没解决', en: 'Not settled' } },
    fields: [
      text('alarm', { zh: '哪条报警', en: 'Alarm' }),
      text('cause', { zh: '原因', en: 'Cause' }, 'form', true),
      text('action', { zh: '采取的措施', en: 'Action taken' }, 'form', true),
      text('goods', { zh: '食品、疫苗怎么处理', en: 'What became of the goods' }),
      note,
    ],
    suits: anywhere,
  },
  {
    kind: 'backup',
    name: { zh: '备份', en: 'Backup' },
    icon: 'system',
    verdicts: done,
    fields: [
      text('what', { zh: '备份了什么', en: 'What was backed up' }, 'form'),
      text('where', { zh: '存到哪里', en: 'Kept where' }, 'form'),
      note,
    ],
    suits: types('meal-card-backup', 'database-backup', 'server-room', 'records-keeper'),
  },
  {
    kind: 'disinfection',
    name: { zh: '消毒', en: 'Disinfection' },
    icon: 'steriliser',
    verdicts: done,
    fields: [
      text('what', { zh: '消毒了什么', en: 'What was disinfected' }, 'form'),
      text('method', { zh: '怎么消毒', en: 'How' }, 'form'),
      text('product', { zh: '消毒液', en: 'Product' }),
      number('mgPerLitre', { zh: '有效氯浓度', en: 'Available chlorine' }, { unit: 'mg/L', min: 0, max: 100_000, decimals: 0 }),
      number('minutes', { zh: '时间', en: 'For' }, { unit: 'min', min: 0, max: 10_000, decimals: 0 }),
      note,
    ],
    suits: types('disinfection-cabinet', 'guest-room'),
  },
  {
    kind: 'closing',
    name: { zh: '收工检查', en: 'Closing check' },
    icon: 'moon',
    verdicts: good,
    fields: [text('what', { zh: '查了哪些', en: 'What was checked' }), note],
    suits: types('kitchen-closing'),
  },
]

/** Kept elsewhere or signed elsewhere, and taken from programs all the same (contract §2). */
export const otherKinds: readonly string[] = ['round', 'handover']

export const recordKind = (kind: string): RecordKind | undefined => recordKinds.find(one => one.kind === kind)

/** Everything that is wrong with a record's fields. Fields that its kind does not know are kept as they are. */
export function mistakesIn(
  kind: RecordKind | undefined,
  fields: Fields,
  { points }: Pick<RecordPlace, 'points'>,
): readonly WrongField[] {
  if (!kind) return []
  const single = kind.fields.flatMap(field => {
    const wrong = mistakeIn(field, fields[field.key], points)
    return wrong ? [{ key: field.key, wrong }] : []
  })
  const whole = kind.check?.(fields) ?? []
  // What the kind says of a field is plainer than what its type says.
  return [...single.filter(({ key }) => !whole.some(other => other.key === key)), ...whole]
}
