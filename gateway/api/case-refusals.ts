import type { Words } from '../../protocols/contract/driver.ts'
import type { Case, CaseRefusal } from '../cases/case.ts'
import type { CaseAnswer } from '../cases/cases.ts'
import { notFound, Refusal } from './problem.ts'
import type { Call } from './route.ts'

/** Photos that a record takes are kept from now on; one that was never sent is refused. */
export async function claim({ house }: Call, photos: readonly string[]): Promise<void> {
  if (await house.photos.claim(photos)) return
  throw new Refusal('bad-request', {
    zh: '有照片没有上传成功，请重新添加。',
    en: 'A photo was never sent; add it again.',
  })
}

/** The case after it was written, or why it was not. */
export function taken(answered: CaseAnswer, id: string): Case {
  if (answered.ok) return answered.case
  throw refused(answered.why, id)
}

export function refused(why: CaseRefusal, id: string): Refusal {
  if (why === 'no-such-case') return noCase(id)
  return new Refusal(badRequests.has(why) ? 'bad-request' : 'conflict', reasons[why])
}
const badRequests: ReadonlySet<CaseRefusal> = new Set(['due-past', 'due-too-far', 'too-many-photos', 'duplicate-of-itself'])
const reasons: Readonly<Record<Exclude<CaseRefusal, 'no-such-case'>, Words>> = {
  'not-in-this-state': {
    zh: '这件事现在走不到这一步，请刷新后看下一步是什么。',
    en: 'The case is not at this step; reload it and see what comes next.',
  },
  'already-answered': { zh: '已经答复过报修人了。', en: 'The reporter has been answered already.' },
  'no-reporter': { zh: '来自报警，没有报修人需要答复。', en: 'It came from an alarm; there is no reporter to answer.' },
  'not-told': { zh: '请先告知报修人，再结案。', en: 'Tell the reporter first, then close it.' },
  'own-work': { zh: '自己做的活要由别人核实。', en: 'Who did the work does not verify it; somebody else has to.' },
  'due-past': { zh: '完成时限已经过去。', en: 'The time it is due has passed.' },
  'due-too-far': { zh: '完成时限最远 90 天。', en: 'It may be due at most 90 days from now.' },
  'too-many-actions': { zh: '一件报修最多登记 20 次处理。', en: 'A case has at most 20 actions.' },
  'too-many-photos': { zh: '一件报修最多 20 张照片。', en: 'A case has at most 20 photos.' },
  'alarm-has-case': { zh: '这条报警刚刚有人立案了，请刷新。', en: 'Somebody has just opened a case for this alarm; reload.' },
  'duplicate-of-itself': { zh: '不能与自己重复。', en: 'It cannot be a duplicate of itself.' },
}
export const noCase = (id: string): Refusal => notFound({ zh: `没有报修 ${id}`, en: `No case ${id}` })
