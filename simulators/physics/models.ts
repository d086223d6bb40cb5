import { freezer, freshKeepingCabinet, vaccineFridge } from './cold-box.ts'
import { disinfectionCabinet } from './disinfection-cabinet.ts'
import { gasAlarm, gasMeter } from './gas.ts'
import { extinguisher, hydrant } from './gauges.ts'
import type { Model } from './model.ts'
import { officeGate, officeLights } from './premises.ts'
import type { Series } from './recorded-room.ts'
import { recordedRoom } from './recorded-room.ts'
import { serverRoom } from './server-room.ts'
import { waterTank } from './water-tank.ts'

/** Every equipment type that can be played, by type id. The recorded series comes from outside: models read no files. */
export function modelsByType(series: Series): ReadonlyMap<string, Model> {
  const all: readonly Model[] = [
    freshKeepingCabinet,
    freezer,
    vaccineFridge,
    disinfectionCabinet,
    waterTank,
    serverRoom,
    gasMeter,
    gasAlarm,
    hydrant,
    extinguisher,
    officeGate,
    officeLights,
    recordedRoom(series),
  ]
  return new Map(all.map(one => [one.type, one]))
}
