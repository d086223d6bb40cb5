import type { Call } from './call.ts'
import type { Notice, Outcome } from './notice.ts'

// Rows come back from a disk that may have failed: what does not look right is left out.
type Fields = Readonly<Record<string, unknown>>
const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {})
const areTexts = (...values: readonly unknown[]): boolean => values.every(value => typeof value === 'string')
const areNumbers = (...values: readonly unknown[]): boolean => values.every(value => Number.isFinite(value))
const areWords = (...values: readonly unknown[]): boolean =>
  values.every(value => areTexts(fieldsOf(value)['zh'], fieldsOf(value)['en']))
const isListOfTexts = (value: unknown): boolean => Array.isArray(value) && areTexts(...value)

export function isNotice(value: unknown): value is Notice {
  const { id, occasion, at, person, as, level, alarms, priority, title, text, channels, attempts, state } = fieldsOf(value)
  return (
    areTexts(id, occasion, person, as, priority) &&
    areNumbers(at, level, attempts) &&
    areWords(title, text) &&
    isListOfTexts(alarms) &&
    isListOfTexts(channels) &&
    (state === 'waiting' || state === 'sending')
  )
}

export function isOutcome(value: unknown): value is Outcome {
  const { alarms, told } = fieldsOf(value)
  const { notice, person, as, level, occasion, at, outcome, attempts } = fieldsOf(told)
  return isListOfTexts(alarms) && areTexts(notice, person, as, occasion, outcome) && areNumbers(level, at, attempts)
}

export function isCall(value: unknown): value is Call {
  const { alarm, calledAt, isRunning, step, level, told, pending } = fieldsOf(value)
  const { id, rule, state, priority } = fieldsOf(alarm)
  const areTold = (list: unknown): boolean =>
    Array.isArray(list) && list.every(one => areTexts(fieldsOf(one)['person'], fieldsOf(one)['as']))
  return (
    areTexts(id, rule, state, priority) &&
    areNumbers(calledAt, step, level) &&
    typeof isRunning === 'boolean' &&
    areTold(told) &&
    areTold(pending)
  )
}
