import type { Prepared, PreparedProblem, Protocol } from '../contract/driver.ts'
import type { Dlt645Frame, Edition } from './dlt645.ts'
import { anyMeter, askDlt645, cutDlt645 } from './dlt645.ts'
import { dlt645Schema, parseDlt645 } from './dlt645-config.ts'
import { namedDlt645 } from './dlt645-data.ts'
import { MeterDriver, plannedRead } from './driver.ts'
import type { Call, MeterProtocol } from './meters.ts'

const editions: readonly Edition[] = ['2007', '1997']

/** The energy it has counted, in both editions; a call to everybody begins with the question for the address, which 2007 has for it. */
function callsFor(address: string): readonly Call<Dlt645Frame>[] {
  const whoAreYou: Call<Dlt645Frame> = {
    question: () => askDlt645({ ask: 'address' }),
    found: frame => foundMeter(frame, '2007', false),
  }
  const readings = editions.flatMap((edition): readonly Call<Dlt645Frame>[] => {
    const di = namedDlt645.get('import')?.di[edition]
    if (di === undefined) return []
    return [
      {
        question: () => askDlt645({ ask: 'read', edition, address, di }),
        found: frame => foundMeter(frame, edition, true),
      },
    ]
  })
  return address === anyMeter ? [whoAreYou, ...readings] : readings
}

function foundMeter({ address }: Dlt645Frame, edition: Edition, isRead: boolean): ReturnType<Call<Dlt645Frame>['found']> {
  const named = namedDlt645.get('import')
  const field = named?.field[edition]
  return {
    device: { address, ...(edition === '1997' ? { edition } : {}) },
    name: `electricity ${address}`,
    ...(edition === '1997' ? { note: { zh: '按 DL/T 645—1997 应答', en: 'It speaks the edition of 1997.' } } : {}),
    points: isRead && named && field ? [{ settings: { data: 'import' }, name: 'import', unit: named.unit, field }] : [],
  }
}

const protocol: MeterProtocol<Dlt645Frame> = {
  cut: cutDlt645,
  addressOf: ({ address }) => address,
  finder: { digits: 12, calls: callsFor },
}

/** Electricity meters by DL/T 645-2007; those of 1997 are told apart and read. */
export const dlt645: Protocol = {
  kind: 'dlt645',
  schema: dlt645Schema,
  prepare(_name, settings, bindings): Prepared {
    const problems: PreparedProblem[] = []
    const config = parseDlt645(settings, bindings, problems)
    if (problems.length > 0) return { ok: false, problems }
    const plan = (others: typeof bindings) => parseDlt645(settings, others, []).reads
    return {
      ok: true,
      driver: {
        open: host => new MeterDriver({ protocol, config, plan }, host),
        plan: () => config.reads.map(plannedRead),
      },
    }
  },
}
