/** Topic names and filters, as MQTT 3.1.1 chapter 4.7 has them. Pure. */

export const topicLimits = { bytes: 512, levels: 20 } as const

/** Why this cannot be the topic of a message, or undefined when it can. */
export function topicMistake(topic: string): string | undefined {
  if (topic.length === 0) return 'empty'
  if (/[+#]/.test(topic)) return 'holds a wildcard'
  return lengthMistake(topic)
}

/** Why this cannot be a subscription's filter: wildcards stand alone in their level, `#` only at the end. */
export function filterMistake(filter: string): string | undefined {
  if (filter.length === 0) return 'empty'
  const levels = filter.split('/')
  if (levels.some(level => level.length > 1 && /[+#]/.test(level))) return 'a wildcard must be a whole level'
  if (levels.slice(0, -1).includes('#')) return '# may only be the last level'
  return lengthMistake(filter)
}

function lengthMistake(topic: string): string | undefined {
  if (topic.includes('\u0000')) return 'holds a zero character'
  if (Buffer.byteLength(topic) > topicLimits.bytes) return `longer than ${topicLimits.bytes} bytes`
  if (topic.split('/').length > topicLimits.levels) return `deeper than ${topicLimits.levels} levels`
  return undefined
}

/** Whether a message on `topic` reaches a subscription to `filter`. A wildcard in front never reaches a `$` topic. */
export function matches(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false
  const wanted = filter.split('/')
  const given = topic.split('/')
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true
    const name = given[index]
    if (name === undefined || (level !== '+' && level !== name)) return false
  }
  return wanted.length === given.length
}

/** Whether everything that reaches a subscription to `filter` also reaches one to `wider`. */
export function covers(wider: string, filter: string): boolean {
  if (filter.startsWith('$') && /^[+#]/.test(wider)) return false
  const wide = wider.split('/')
  const narrow = filter.split('/')
  for (const [index, level] of wide.entries()) {
    if (level === '#') return true
    const asked = narrow[index]
    if (asked === undefined || asked === '#' || (level !== '+' && level !== asked)) return false
  }
  return wide.length === narrow.length
}
