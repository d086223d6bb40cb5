/** Which of the views by purpose a piece of equipment belongs to, by its picture; `undefined` where there is none. */
export type Purpose = 'cycles' | 'meters' | 'dosing' | 'gauges'

const byIcon: Readonly<Record<string, Purpose>> = {
  steriliser: 'cycles',
  'gas-meter': 'meters',
  tank: 'dosing',
  extinguisher: 'gauges',
  hydrant: 'gauges',
}
export const purposeOf = (icon: string): Purpose | undefined => (Object.hasOwn(byIcon, icon) ? byIcon[icon] : undefined)
