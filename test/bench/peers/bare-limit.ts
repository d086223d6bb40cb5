/** What a limit rule is to whoever writes it by hand for arrays in memory: above the limit for so long; back by the deadband for so long. */
export interface BareLimit {
  readonly value: number
  readonly deadband: number
  readonly onDelay: number
  readonly offDelay: number
}

/**
 * Alarms over one thermometer's year: a loop, three variables and nothing else. A reading arrives a moment after its own time, so a timer
 * of that very instant has rung before it.
 */
export function alarmsByHand(
  at: Float64Array,
  values: Float64Array,
  { value: bound, deadband, onDelay, offDelay }: BareLimit,
): number {
  let alarms = 0
  let stands = false
  let since = -1
  let back = -1
  for (let index = 0; index < at.length; index++) {
    const now = at[index] as number
    const value = values[index] as number
    if (stands && back >= 0 && now >= back + offDelay) {
      stands = false
      back = -1
    }
    if (!stands && since >= 0 && now >= since + onDelay) {
      stands = true
      alarms += 1
      since = -1
    }
    if (stands) {
      if (value > bound - deadband) back = -1
      else if (back < 0) back = now
    } else if (value <= bound) since = -1
    else if (since < 0) since = now
  }
  return alarms
}
