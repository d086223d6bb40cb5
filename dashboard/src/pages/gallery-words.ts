/** The words of the samples of the interface; loaded with them alone. */
import type { Said } from '../../../gateway/api/wire.ts'
import type { Language } from '../words/say.ts'

const zh = {
  title: '界面样例',
  lead: '每个部件的每种状态。这里的数值是样例，不是现场的。',
  colour: '颜色',
  type: '字号',
  signs: '状态：颜色、形状、文字',
  gauges: '量的横条',
  tiles: '设备瓦片',
  cards: '报警卡片',
  rings: '倒计时环',
  forms: '按钮与输入',
  pages: '空、载入、出错',
  button: '普通',
  primary: '主要',
  plain: '轻',
  disabled: '不可用',
  field: '输入框',
  wrong: '填错的',
  whyWrong: '上限要大于下限。',
  empty: '这里还没有东西',
  emptyHint: '接好第一台设备后，这里会出现它的读数。',
  sample: '值守，1 号保鲜柜 4.2 °C',
  gauge: {
    calm: '在范围内',
    beyond: '超出上限',
    off: '超出刻度',
    unknown: '不知道',
    narrow: '范围很窄',
    open: '只有下限',
  },
}

const en: typeof zh = {
  title: 'Samples of the interface',
  lead: 'Every part in every state. The values are samples, none of them is from the site.',
  colour: 'Colour',
  type: 'Type',
  signs: 'States: colour, shape, word',
  gauges: 'The band',
  tiles: 'Tiles of equipment',
  cards: 'Alarm cards',
  rings: 'Countdown rings',
  forms: 'Buttons and fields',
  pages: 'Empty, loading, failed',
  button: 'Usual',
  primary: 'Primary',
  plain: 'Plain',
  disabled: 'Not possible',
  field: 'A field',
  wrong: 'A wrong one',
  whyWrong: 'The upper limit must be above the lower.',
  empty: 'Nothing here yet',
  emptyHint: 'Once the first equipment is connected its readings appear here.',
  sample: 'Zhishou, cabinet 1 at 4.2 °C',
  gauge: {
    calm: 'within',
    beyond: 'above the limit',
    off: 'off the scale',
    unknown: 'unknown',
    narrow: 'a narrow band',
    open: 'only a lower limit',
  },
}

export const galleryWords: Readonly<Record<Language, typeof zh>> = { zh, en }

/** What the samples are called, by what they show. */
export const sampleNames = {
  calm: { zh: '1 号保鲜柜', en: 'Cabinet 1' },
  high: { zh: '燃气报警器', en: 'Gas alarm' },
  medium: { zh: '2 号保鲜柜', en: 'Cabinet 2' },
  low: { zh: '水箱余氯', en: 'Tank chlorine' },
  advisory: { zh: '灭火器 3', en: 'Extinguisher 3' },
  bad: { zh: '机房温度', en: 'Server room' },
  stale: { zh: '北门', en: 'North gate' },
  none: { zh: '新装的表', en: 'New meter' },
  shelved: { zh: '走廊灯', en: 'Corridor light' },
  out: { zh: '消毒柜', en: 'Steriliser' },
  returned: { zh: '3 号保鲜柜', en: 'Cabinet 3' },
  long: { zh: '很长的名字'.repeat(12), en: 'A very long name '.repeat(8) },
  hostile: { zh: '<script>alert(1)</script>🧊', en: '<script>alert(1)</script>🧊' },
} as const satisfies Readonly<Record<string, Said>>

export const sampleAlarm = {
  title: { zh: '温度过高', en: 'Too warm' },
  sentence: { zh: '2 号保鲜柜 9.4 °C，超过 8 °C。', en: 'Cabinet 2 is at 9.4 °C, above 8 °C.' },
  clauseTitle: { zh: '保鲜柜 0–8 °C', en: 'Cabinet at 0–8 °C' },
  advice: { zh: '关好柜门，十分钟后再看。', en: 'Close the door and look again in ten minutes.' },
  tell: [{ zh: '食堂管理员', en: 'Canteen manager' }],
  source: { zh: '食堂管理制度', en: 'Rules of the canteen' },
} as const

export const samplePoint = {
  temperature: { zh: '温度', en: 'Temperature' },
  door: { zh: '门', en: 'Door' },
  open: { zh: '开', en: 'open' },
  shut: { zh: '关', en: 'shut' },
} as const
