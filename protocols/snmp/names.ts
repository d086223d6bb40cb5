import { compareOids, isBelow } from './oid.ts'

/** An object that can be bound by its name. */
export interface Named {
  readonly name: string
  readonly oid: string
  /** One value for each row: the rows are found, not guessed. */
  readonly isColumn: boolean
  /** From what is sent to the unit that the name promises. */
  readonly scale: number
  /** Our symbol; absent for texts, codes and counts. */
  readonly unit?: string
}

const ups = '1.3.6.1.2.1.33.1'
const one = (name: string, at: string, unit?: string, scale = 1): Named => ({
  name,
  oid: `${ups}.${at}`,
  isColumn: false,
  scale,
  ...(unit === undefined ? {} : { unit }),
})
const column = (name: string, at: string, unit?: string, scale = 1): Named => ({ ...one(name, at, unit, scale), isColumn: true })
const elsewhere = (name: string, oid: string, isColumn: boolean, unit?: string, scale = 1): Named => ({
  name,
  oid,
  isColumn,
  scale,
  ...(unit === undefined ? {} : { unit }),
})

/** What of RFC 1628 (UPS-MIB) can be read, and a little of what every agent has (RFC 3418, 2863, 2790). */
export const named: readonly Named[] = [
  one('upsIdentManufacturer', '1.1'),
  one('upsIdentModel', '1.2'),
  one('upsIdentUPSSoftwareVersion', '1.3'),
  one('upsIdentAgentSoftwareVersion', '1.4'),
  one('upsIdentName', '1.5'),
  one('upsIdentAttachedDevices', '1.6'),
  one('upsBatteryStatus', '2.1'),
  one('upsSecondsOnBattery', '2.2', 's'),
  one('upsEstimatedMinutesRemaining', '2.3', 'min'),
  one('upsEstimatedChargeRemaining', '2.4', '%'),
  one('upsBatteryVoltage', '2.5', 'V', 0.1),
  one('upsBatteryCurrent', '2.6', 'A', 0.1),
  one('upsBatteryTemperature', '2.7', '°C'),
  one('upsInputLineBads', '3.1'),
  one('upsInputNumLines', '3.2'),
  column('upsInputFrequency', '3.3.1.2', 'Hz', 0.1),
  column('upsInputVoltage', '3.3.1.3', 'V'),
  column('upsInputCurrent', '3.3.1.4', 'A', 0.1),
  column('upsInputTruePower', '3.3.1.5', 'W'),
  one('upsOutputSource', '4.1'),
  one('upsOutputFrequency', '4.2', 'Hz', 0.1),
  one('upsOutputNumLines', '4.3'),
  column('upsOutputVoltage', '4.4.1.2', 'V'),
  column('upsOutputCurrent', '4.4.1.3', 'A', 0.1),
  column('upsOutputPower', '4.4.1.4', 'W'),
  column('upsOutputPercentLoad', '4.4.1.5', '%'),
  one('upsBypassFrequency', '5.1', 'Hz', 0.1),
  one('upsBypassNumLines', '5.2'),
  column('upsBypassVoltage', '5.3.1.2', 'V'),
  column('upsBypassCurrent', '5.3.1.3', 'A', 0.1),
  column('upsBypassPower', '5.3.1.4', 'W'),
  one('upsAlarmsPresent', '6.1'),
  one('upsTestResultsSummary', '7.3'),
  one('upsTestResultsDetail', '7.4'),
  one('upsConfigInputVoltage', '9.1', 'V'),
  one('upsConfigInputFreq', '9.2', 'Hz', 0.1),
  one('upsConfigOutputVoltage', '9.3', 'V'),
  one('upsConfigOutputFreq', '9.4', 'Hz', 0.1),
  one('upsConfigOutputVA', '9.5'),
  one('upsConfigOutputPower', '9.6', 'W'),
  one('upsConfigLowBattTime', '9.7', 'min'),
  one('upsConfigAudibleStatus', '9.8'),
  one('upsConfigLowVoltageTransferPoint', '9.9', 'V'),
  one('upsConfigHighVoltageTransferPoint', '9.10', 'V'),
  elsewhere('sysDescr', '1.3.6.1.2.1.1.1', false),
  elsewhere('sysObjectID', '1.3.6.1.2.1.1.2', false),
  elsewhere('sysUpTime', '1.3.6.1.2.1.1.3', false, 's', 0.01),
  elsewhere('sysName', '1.3.6.1.2.1.1.5', false),
  elsewhere('sysLocation', '1.3.6.1.2.1.1.6', false),
  elsewhere('ifNumber', '1.3.6.1.2.1.2.1', false),
  elsewhere('ifDescr', '1.3.6.1.2.1.2.2.1.2', true),
  elsewhere('ifOperStatus', '1.3.6.1.2.1.2.2.1.8', true),
  elsewhere('ifInOctets', '1.3.6.1.2.1.2.2.1.10', true),
  elsewhere('ifInErrors', '1.3.6.1.2.1.2.2.1.14', true),
  elsewhere('ifOutOctets', '1.3.6.1.2.1.2.2.1.16', true),
  elsewhere('ifOutErrors', '1.3.6.1.2.1.2.2.1.20', true),
  elsewhere('ifName', '1.3.6.1.2.1.31.1.1.1.1', true),
  elsewhere('ifHCInOctets', '1.3.6.1.2.1.31.1.1.1.6', true),
  elsewhere('ifHCOutOctets', '1.3.6.1.2.1.31.1.1.1.10', true),
  elsewhere('hrSystemProcesses', '1.3.6.1.2.1.25.1.6', false),
  elsewhere('hrProcessorLoad', '1.3.6.1.2.1.25.3.3.1.2', true, '%'),
]

const byName = new Map(named.map(each => [each.name.toLowerCase(), each]))
const byOid = new Map(named.map(each => [each.oid, each]))

export const namedAs = (name: string): Named | undefined => byName.get(name.toLowerCase())
/** The object itself, without an index. */
export const objectAt = (oid: string): Named | undefined => byOid.get(oid)

/** What an instance is called, `upsInputVoltage.1`; the OID where nobody gave it a name. */
export function nameOf(oid: string): string {
  const found = named.find(each => isBelow(oid, each.oid))
  return found ? `${found.name}${oid.slice(found.oid.length)}` : oid
}

/** The name of the object that an instance belongs to. */
export const objectOf = (oid: string): Named | undefined => named.find(each => isBelow(oid, each.oid))

/** For "do you mean": the names nearest in writing. */
export function likeliest(name: string): readonly string[] {
  const lower = name.toLowerCase()
  const pairs = named.map(each => ({ each, common: commonLength(each.name.toLowerCase(), lower) }))
  return pairs
    .filter(({ common }) => common > 4)
    .toSorted((a, b) => b.common - a.common || compareOids(a.each.oid, b.each.oid))
    .slice(0, 3)
    .map(({ each }) => each.name)
}

function commonLength(a: string, b: string): number {
  let length = 0
  while (length < Math.min(a.length, b.length) && a[length] === b[length]) length += 1
  return length
}
