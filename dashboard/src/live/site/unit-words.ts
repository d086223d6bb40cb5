/** Units of time as people type them, and as the site file has them. */
export const unitWords: Readonly<Record<string, string>> = {
  秒: 's',
  秒钟: 's',
  分: 'm',
  分钟: 'm',
  小时: 'h',
  天: 'd',
  sec: 's',
  min: 'm',
  minutes: 'm',
  hours: 'h',
  days: 'd',
}
