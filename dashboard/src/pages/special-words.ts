/** The words of the views by purpose; loaded with them alone. */
import type { Language } from '../words/say.ts'

const zh = {
  tabs: '专项视图',
  cycles: '消毒',
  meters: '抄表',
  dosing: '投药',
  gauges: '消防器材',
  fromEquipment: { cycles: '看消毒曲线', meters: '看抄表进度', dosing: '看投药与倒计时', gauges: '看检查与到期' },
  forbidden: '您的账户不能看记录',
  forbiddenHint: '需要时请管理员把角色改为操作员或检查员。',
  print: '打印',
  printedAt: (site: string, at: string) => `${site} · ${at}`,
  all: '全部',
  area: '区域',
}
export type SpecialWords = typeof zh
const en: SpecialWords = {
  tabs: 'Views by purpose',
  cycles: 'Disinfection',
  meters: 'Meters',
  dosing: 'Dosing',
  gauges: 'Fire equipment',
  fromEquipment: {
    cycles: 'See its cycles',
    meters: 'See the reading sheet',
    dosing: 'See dosing and countdown',
    gauges: 'See checks and expiry',
  },
  forbidden: 'Your account may not read records',
  forbiddenHint: 'Where that is needed an administrator makes the account an operator or inspector.',
  print: 'Print',
  printedAt: (site, at) => `${site} · ${at}`,
  all: 'All',
  area: 'Area',
}
export const specialWords: Readonly<Record<Language, SpecialWords>> = { zh, en }
