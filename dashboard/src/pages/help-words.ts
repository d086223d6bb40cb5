/** The words of the help page; loaded with it alone. */
import type { Language } from '../words/say.ts'

const zh = {
  title: '帮助',
  tour: '导览',
  tourLead: '五分钟，十二步，走的是真的页面、真的数据；随时可以停，停在哪里就从哪里接着走。',
  begin: '开始导览',
  goOn: (n: number) => `从第 ${n} 步接着走`,
  again: '从头再走一遍',
  isDone: '您已经走完过一遍。',
  states: '颜色、形状和文字',
  statesLead: '每个状态同时有颜色、形状和文字，看不清颜色也不会看错。',
  means: {
    high: '马上去处理；有声音时响得急，没人确认就升级。',
    medium: '尽快处理。',
    low: '今天之内处理。',
    advisory: '知道就好，不催人。',
    unknown: '没有可信的数据，好坏不知道，不能当作正常。',
    calm: '合格，不用做什么。',
  },
  keys: '键盘',
  keysLead: '报警页的单键。不小心碰到会误按的话，可以在“我”里关掉。',
  keysOff: '单键现在是关着的，在“我”里可以打开。',
  everywhere: '在任何页面：Tab 往后、Shift+Tab 往前，回车打开，Esc 关闭；第一下 Tab 是“跳到正文”。',
  chart: '在曲线上：← → 移动读数，+ − 放大缩小，Home、End 到两头。',
  terms: '术语',
  termsLead: '页面上带“?”的小按钮里也是这些。',
  docs: '接口文档',
  samples: '界面样例',
}
export type HelpWords = typeof zh

const en: HelpWords = {
  title: 'Help',
  tour: 'Guided tour',
  tourLead:
    'Five minutes, twelve steps, through the real pages with the data that is there; leave at any time and go on where you left.',
  begin: 'Begin the tour',
  goOn: n => `Go on at step ${n}`,
  again: 'From the beginning',
  isDone: 'You have seen all of it.',
  states: 'Colour, shape and word',
  statesLead: 'Each state has a colour, a shape and a word, so that nobody depends on the colour.',
  means: {
    high: 'See to it at once; where sound is on it rings urgently, and somebody else is called when nobody answers.',
    medium: 'See to it soon.',
    low: 'See to it today.',
    advisory: 'Good to know; it hurries nobody.',
    unknown: 'There is no trustworthy data: neither good nor bad is known, and it does not count as normal.',
    calm: 'Conforms; nothing to do.',
  },
  keys: 'Keyboard',
  keysLead: 'Single keys of the alarm page. They can be switched off under “Me” by whoever presses them by accident.',
  keysOff: 'Single keys are off now; they are switched on under “Me”.',
  everywhere: 'On every page: Tab goes on, Shift+Tab goes back, Enter opens, Esc closes; the first Tab is “Skip to content”.',
  chart: 'On a curve: ← → move the reading, + − zoom, Home and End go to its ends.',
  terms: 'Terms',
  termsLead: 'The small “?” buttons on the pages say the same.',
  docs: 'Interface documentation',
  samples: 'Samples of the interface',
}

export const helpWords: Readonly<Record<Language, HelpWords>> = { zh, en }
