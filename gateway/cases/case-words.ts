import type { Words } from '../../protocols/contract/driver.ts'
import type { Case, CaseDeed, CaseDue, CaseStep } from './case.ts'

const say = (zh: string, en: string): Words => ({ zh, en })

/** Where it is, as people call it: 食堂 · 1 号保鲜柜 · 后门边. */
export function whereOf({ place }: Pick<Case, 'place'>, name: Words | undefined): Words {
  const parts = (of: keyof Words): string => [name?.[of], place].filter(part => part !== undefined && part !== '').join(' · ')
  return say(parts('zh'), parts('en'))
}

/** One sentence for whoever has to hear of the step. */
export function sayStep(one: Case, step: CaseStep | { readonly do: 'open' }, where: Words): Words {
  const { id, what } = one
  const head = say(
    `${id} ${where.zh === '' ? '' : `${where.zh}：`}${what.zh}`,
    `${id} ${where.en === '' ? '' : `${where.en}: `}${what.en}`,
  )
  const follow = (zh: string, en: string): Words => say(`${head.zh}。${zh}`, `${head.en}. ${en}`)
  switch (step.do) {
    case 'open':
      return one.reporter
        ? follow(`${one.reporter.name} 报修，请在 24 小时内答复。`, `Reported by ${one.reporter.name}; answer within 24 hours.`)
        : follow('由报警立案，请指派人处理。', 'Opened from an alarm; assign somebody.')
    case 'answer':
      return follow(`已答复报修人：${step.said}`, `The reporter was answered: ${step.said}`)
    case 'assign':
      return follow(`已派给${step.name.zh}。${step.note}`, `Assigned to ${step.name.en}. ${step.note}`)
    case 'act':
      return follow(`已处理：${step.what}。请另一人核实。`, `Done: ${step.what}. Somebody else has to verify it.`)
    case 'verify':
      return one.reporter
        ? follow('已核实，请告知报修人。', 'Verified; tell the reporter.')
        : follow('已核实，可以结案。', 'Verified; it can be closed.')
    case 'reject':
      return follow(`没有办好，退回重做：${step.reason}`, `Sent back: ${step.reason}`)
    case 'tell':
      return follow(`已告知报修人（${step.how}）。`, `The reporter was told (${step.how}).`)
    case 'close':
      return one.reporter
        ? follow('已结案。', 'Closed.')
        : follow('已结案；来自报警，无报修人需告知。', 'Closed; it came from an alarm, there was no reporter to tell.')
    case 'comment':
      return follow(step.text, step.text)
    case 'cancel':
      return step.duplicateOf === undefined
        ? follow(`已撤销：${step.reason}`, `Cancelled: ${step.reason}`)
        : follow(
            `与 ${step.duplicateOf} 重复，已撤销：${step.reason}`,
            `Cancelled as a duplicate of ${step.duplicateOf}: ${step.reason}`,
          )
  }
}

/** Why the gateway's own alarm about a case is raised. */
export function sayOverdue({ what }: CaseDue, one: Case): Words {
  const title = say(`${one.id}（${one.what.zh}）`, `${one.id} (${one.what.en})`)
  switch (what) {
    case 'answer':
      return say(`${title.zh} 接报 24 小时没有答复报修人`, `${title.en}: the reporter has had no answer for 24 hours`)
    case 'act': {
      const who = one.assigned?.name ?? say('', '')
      return say(`${title.zh} ${who.zh} 没有按时处理`, `${title.en}: not dealt with in time by ${who.en}`)
    }
    case 'close':
      return say(`${title.zh} 七天没有办结`, `${title.en}: not closed after seven days`)
  }
}

/** `case.answered` … as the journal calls what was done. */
export const entryKinds: Readonly<Record<CaseDeed | 'open', `case.${string}`>> = {
  open: 'case.opened',
  answer: 'case.answered',
  assign: 'case.assigned',
  act: 'case.acted',
  verify: 'case.verified',
  reject: 'case.rejected',
  tell: 'case.told',
  close: 'case.closed',
  comment: 'case.commented',
  cancel: 'case.cancelled',
}
