import type { z } from 'zod'
import { hiddenSignIn } from '../site/plain-text.ts'

interface Place {
  readonly value: unknown
  readonly key: PropertyKey | undefined
  readonly above: Place | undefined
}

/**
 * Every text of what was sent, keys too, that holds a sign nobody sees: it is not taken with one, nor silently without, for a record is
 * what somebody wrote. A password is nobody's to read. Walks without recursion: how deep it is, the sender chooses.
 */
export function hiddenSigns(sent: unknown): readonly z.core.$ZodIssueCustom[] {
  const found: z.core.$ZodIssueCustom[] = []
  const waiting: Place[] = [{ value: sent, key: undefined, above: undefined }]
  for (let place = waiting.pop(); place; place = waiting.pop()) {
    const { value, key } = place
    if (key === 'password') continue
    if (typeof value === 'string') {
      const sign = hiddenSignIn(value)
      if (sign) found.push({ code: 'custom', message: 'hidden-sign', path: pathOf(place), params: { ...sign }, input: undefined })
    } else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value))
      for (const [name, part] of Object.entries(value).toReversed()) {
        const index = Array.isArray(value) ? Number(name) : name
        waiting.push({ value: part, key: index, above: place })
        if (index === name) waiting.push({ value: name, key: undefined, above: place })
      }
  }
  return found
}

function pathOf(place: Place): PropertyKey[] {
  const path: PropertyKey[] = []
  for (let one: Place | undefined = place; one; one = one.above) if (one.key !== undefined) path.push(one.key)
  return path.toReversed()
}
