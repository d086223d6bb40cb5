import type { Words } from '../../../protocols/contract/driver.ts'
import type { Millis } from '../../../protocols/contract/time.ts'
import { plain } from '../dosing.ts'
import { lengthInWords } from './length.ts'

/** Only a verification can call a meter wrong. */
const verify: Words = {
  zh: '表可能有问题，请现场核对，必要时送检。',
  en: ' The meter is suspect: check it on the spot, have it verified if need be.',
}

const suspect = (zh: string, en: string): Words => ({ zh: zh + verify.zh, en: en + verify.en })
const cubic = (value: number): string => plain(value, 2)

/** What was counted against what the flow, another counter or the balance says, over a window. */
export function disagreeing(counted: number, other: number, by: 'flow' | 'reference' | 'balance', window: Millis): Words {
  const time = lengthInWords(window)
  const share = plain((100 * Math.abs(counted - other)) / Math.max(Math.abs(counted), Math.abs(other)), 0)
  const named = {
    flow: { zh: '按瞬时流量算', en: 'the flow adds up to' },
    reference: { zh: '对照表走了', en: 'the other counter went on by' },
    balance: { zh: '余量扣了', en: 'the balance was reduced by' },
  }[by]
  return suspect(
    `${time.zh}内累计用量走了 ${cubic(counted)} m³，${named.zh} ${cubic(other)} m³，相差 ${share} %。`,
    `In ${time.en} the counter went on by ${cubic(counted)} m³, ${named.en} ${cubic(other)} m³: ${share} % apart.`,
  )
}

export const standing = (passed: number, flowing: number, total: number): Words =>
  suspect(
    `已用气 ${lengthInWords(flowing as Millis).zh}、约 ${cubic(passed)} m³，累计用量一直停在 ${cubic(total)} m³。`,
    `Gas has flowed for ${lengthInWords(flowing as Millis).en}, about ${cubic(passed)} m³, and the counter stands at ${cubic(total)} m³.`,
  )

export const standingBeside = (periods: number, reference: number): Words =>
  suspect(
    `连续 ${periods} 期没有走字，对照表上一期走了 ${cubic(reference)} m³。`,
    `It has not counted anything for ${periods} periods, while the other counter went on by ${cubic(reference)} m³ in the last.`,
  )

export const fallen = (from: number, to: number): Words =>
  suspect(
    `累计用量从 ${cubic(from)} m³ 退到 ${cubic(to)} m³，也不是翻转归零；可能倒走、换表或读错。`,
    `The counter fell from ${cubic(from)} to ${cubic(to)} m³, and that is no roll-over: it runs backwards, was exchanged or was misread.`,
  )

export const racing = (step: number, time: Millis, qmax: number): Words =>
  suspect(
    `${lengthInWords(time).zh}内走了 ${cubic(step)} m³，超过这只表的最大流量 ${cubic(qmax)} m³/h，不可能。`,
    `It counted ${cubic(step)} m³ in ${lengthInWords(time).en}; at its largest flow of ${cubic(qmax)} m³/h that is impossible.`,
  )

export const impossibleFlow = (flow: number, qmax: number): Words =>
  suspect(
    flow < 0
      ? `瞬时流量是 ${cubic(flow)} m³/h，气不会倒流。`
      : `瞬时流量 ${cubic(flow)} m³/h，超过这只表的最大流量 ${cubic(qmax)} m³/h。`,
    flow < 0
      ? `The flow reads ${cubic(flow)} m³/h, and gas does not flow back.`
      : `The flow reads ${cubic(flow)} m³/h, above the largest flow of this meter, ${cubic(qmax)} m³/h.`,
  )

export function unusual(increment: number, factor: number, periods: number): Words {
  const times = plain(factor, 2)
  return suspect(
    `连续 ${periods} 期用量异常：上一期 ${cubic(increment)} m³，是平时的 ${times} 倍。`,
    `Unusual consumption for ${periods} ${periods === 1 ? 'period' : 'periods'} in a row: ${cubic(increment)} m³ in the last, ${times} times the usual.`,
  )
}
