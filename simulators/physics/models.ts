import { freezer, freshKeepingCabinet, vaccineFreezer, vaccineFridge } from './cold-boxes.ts'
import { databaseBackup, rackSensor, serverClock } from './computers.ts'
import {
  dutyDesk,
  fireExit,
  gasHotline,
  gasReport,
  guestRoom,
  ledger,
  readingSheet,
  recordsKeeper,
  smokeDetector,
} from './desks.ts'
import { disinfectionCabinet } from './disinfection-cabinet.ts'
import { gasAlarm, gasMeter } from './gas.ts'
import { extinguisher, hydrant } from './gauges.ts'
import { residentialMeter } from './household-meter.ts'
import { doughMixer, kitchenClosing } from './kitchen.ts'
import type { Model } from './model.ts'
import { officeGate, officeLights } from './premises.ts'
import type { Series } from './recorded-room.ts'
import { recordedRoom } from './recorded-room.ts'
import { gridRound, keyPoint, mealCardBackup, monitoringCheck, patrolPoint, vaccineLogbook } from './rounds.ts'
import { serverRoom } from './server-room.ts'
import { waterPump } from './water-pump.ts'
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
    vaccineFreezer,
    vaccineLogbook,
    doughMixer,
    kitchenClosing,
    mealCardBackup,
    waterPump,
    patrolPoint,
    keyPoint,
    monitoringCheck,
    gridRound,
    rackSensor,
    databaseBackup,
    serverClock,
    residentialMeter,
    readingSheet,
    gasReport,
    gasHotline,
    smokeDetector,
    fireExit,
    dutyDesk,
    ledger,
    recordsKeeper,
    guestRoom,
    recordedRoom(series),
  ]
  return new Map(all.map(one => [one.type, one]))
}
