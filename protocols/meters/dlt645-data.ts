import type { Edition } from './dlt645.ts'
import type { Field } from './field.ts'

/** A value of a meter: its identifier in each edition that has it, its place, and the unit it is given in. */
export interface NamedMeterData {
  readonly di: Readonly<Partial<Record<Edition, string>>>
  readonly field: Readonly<Partial<Record<Edition, Field>>>
  readonly unit: string
}

const bcd = (bytes: number, decimals: number): Field => ({ at: 0, bytes, form: 'bcd', decimals })
const signed = (bytes: number, decimals: number): Field => ({ at: 0, bytes, form: 'signed', decimals })

const of2007 = (di: string, field: Field, unit: string): NamedMeterData => ({
  di: { '2007': di },
  field: { '2007': field },
  unit,
})
const ofBoth = (di: string, field: Field, older: string, olderField: Field, unit: string): NamedMeterData => ({
  di: { '2007': di, '1997': older },
  field: { '2007': field, '1997': olderField },
  unit,
})

const phases = [
  ['a', '01', '1'],
  ['b', '02', '2'],
  ['c', '03', '3'],
] as const

/** What can be asked for by name: DL/T 645-2007, tables A.1–A.3; of the 1997 edition what its meters are usually asked for. */
export const namedDlt645: ReadonlyMap<string, NamedMeterData> = new Map([
  ['energy', of2007('00000000', signed(4, 2), 'kWh')],
  ['import', ofBoth('00010000', bcd(4, 2), '9010', bcd(4, 2), 'kWh')],
  ['export', ofBoth('00020000', bcd(4, 2), '9020', bcd(4, 2), 'kWh')],
  ...['sharp', 'peak', 'flat', 'valley'].map((tariff, index): [string, NamedMeterData] => [
    `import-${tariff}`,
    of2007(`00010${index + 1}00`, bcd(4, 2), 'kWh'),
  ]),
  ...phases.flatMap(([phase, number, older]): [string, NamedMeterData][] => [
    [`voltage-${phase}`, ofBoth(`0201${number}00`, bcd(2, 1), `B61${older}`, bcd(2, 0), 'V')],
    [`current-${phase}`, ofBoth(`0202${number}00`, signed(3, 3), `B62${older}`, bcd(2, 2), 'A')],
    [`power-${phase}`, of2007(`0203${number}00`, signed(3, 4), 'kW')],
    [`factor-${phase}`, of2007(`0206${number}00`, signed(2, 3), 'cos φ')],
  ]),
  ['power', ofBoth('02030000', signed(3, 4), 'B630', bcd(3, 4), 'kW')],
  ['factor', of2007('02060000', signed(2, 3), 'cos φ')],
  ['frequency', of2007('02800002', bcd(2, 2), 'Hz')],
  ['temperature', of2007('02800007', signed(2, 1), '°C')],
  ['demand', of2007('01010000', bcd(3, 4), 'kW')],
])
