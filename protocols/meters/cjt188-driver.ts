import type { Prepared, PreparedProblem, Protocol } from '../contract/driver.ts'
import type { Cjt188Frame, DiOrder } from './cjt188.ts'
import { anyAddress, anyType, askCjt188, cutCjt188 } from './cjt188.ts'
import { cjt188Schema, parseCjt188 } from './cjt188-config.ts'
import type { MeterKind } from './cjt188-data.ts'
import { meterKinds, meterTypes, namedCjt188 } from './cjt188-data.ts'
import { MeterDriver, plannedRead } from './driver.ts'
import { hexOf } from './bcd.ts'
import type { Call, MeterProtocol } from './meters.ts'

const orders: readonly DiOrder[] = ['le', 'be']
const kindOf = (type: number): MeterKind | undefined => meterKinds.find(kind => meterTypes[kind] === type)
/** Kinds that are worth a question where a meter does not answer to AA. */
const usual = [anyType, meterTypes.gas, meterTypes['cold-water'], meterTypes.heat]

/**
 * A reading of 901F, in both orders of the identifier: whoever answers has said its address, its kind and its total. A call to everybody
 * ends with the question for the address, for meters that read nothing out to AA.
 */
function callsFor(address: string): readonly Call<Cjt188Frame>[] {
  const whoAreYou = orders.map(order => ({
    question: (serial: number) => askCjt188({ ask: 'address', type: anyType, order, serial }),
    found: (frame: Cjt188Frame) => foundMeter(frame, new Uint8Array()),
  }))
  const readings = usual.flatMap(type =>
    orders.map(order => ({
      question: (serial: number) => askCjt188({ ask: 'read', type, address, di: 0x901f, order, serial }),
      found: (frame: Cjt188Frame, data: Uint8Array) => foundMeter(frame, data),
    })),
  )
  return address === anyAddress ? [...readings, ...whoAreYou] : readings
}

function foundMeter({ address, type }: Cjt188Frame, data: Uint8Array): ReturnType<Call<Cjt188Frame>['found']> {
  const kind = kindOf(type)
  const name = `${kind ?? `kind ${hexOf(type)}`} ${address}`
  if (!kind)
    return {
      device: { address },
      name,
      note: {
        zh: `表自报种类 ${hexOf(type)}，标准里没有，请看厂家说明`,
        en: `It calls itself kind ${hexOf(type)}, which the standard leaves to the makers.`,
      },
      points: [],
    }
  const named = namedCjt188(kind, 'standard')
  return {
    device: { address, meter: kind },
    name,
    points: [...named].flatMap(([data_, { di, field, unit }]) =>
      di === 0x901f && field.at < data.length ? [{ settings: { data: data_ }, name: data_, unit, field }] : [],
    ),
  }
}

const protocol: MeterProtocol<Cjt188Frame> = {
  cut: cutCjt188,
  addressOf: ({ address }) => address,
  finder: { digits: 14, calls: callsFor },
}

/** Water, heat and gas meters by CJ/T 188-2004 and -2018. */
export const cjt188: Protocol = {
  kind: 'cjt188',
  schema: cjt188Schema,
  prepare(_name, settings, bindings): Prepared {
    const problems: PreparedProblem[] = []
    const config = parseCjt188(settings, bindings, problems)
    if (problems.length > 0) return { ok: false, problems }
    const plan = (others: typeof bindings) => parseCjt188(settings, others, []).reads
    return {
      ok: true,
      driver: {
        open: host => new MeterDriver({ protocol, config, plan }, host),
        plan: () => config.reads.map(plannedRead),
      },
    }
  },
}
