import type { Instant, Zone } from '../contract/time.ts'

const ahead = 8 * 3_600_000

/** China's one time, without summer time since 1991: what a driver goes by where nobody gave it a zone (a single read from the command line). */
export const chinaTime: Zone = {
  shows(at) {
    const shown = new Date(at + ahead)
    return {
      year: shown.getUTCFullYear(),
      month: shown.getUTCMonth() + 1,
      day: shown.getUTCDate(),
      hour: shown.getUTCHours(),
      minute: shown.getUTCMinutes(),
      second: shown.getUTCSeconds(),
    }
  },
  instantOf: ({ year, month, day, hour, minute, second }) =>
    (Date.UTC(year, month - 1, day, hour, minute, second) - ahead) as Instant,
}
