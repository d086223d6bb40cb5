import type { Words } from '../../../protocols/contract/driver.ts'
import type { Equipment, Point } from '../../site/site.ts'
import type { LogDocument, LogSection } from '../document.ts'

import { dewPoint, paired } from '../figures-paired.ts'
import { inOrder } from '../contacts.ts'
import { headOf } from '../head.ts'
import { measure, measureSeries } from '../measured.ts'
import type { Measured } from '../measured.ts'
import type { LogQuestion } from '../question.ts'
import { equipmentOf } from '../source.ts'
import type { LogSource } from '../source.ts'
import { accessSection, eventsSection } from './contacts-tables.ts'
import { say } from './cells.ts'
import { excursionsSection } from './excursions.ts'
import { HappeningsBook } from './happenings.ts'
import { inspectionsSection } from './inspections.ts'
import {
  completenessOf,
  dailySection,
  derivedLimits,
  gapsSection,
  namesOf,
  signatures,
  summarySection,
} from './measured-tables.ts'
import { Names } from './names.ts'

/** The environment log of rooms with servers: what is measured day by day, dew point, water and smoke, who went in, and who looked after it on days off. */
export function environmentLog(source: LogSource, question: LogQuestion): LogDocument {
  const names = new Names(source, question)
  const rooms = roomsOf(source, question)
  const stored = rooms.flatMap(equipment =>
    pointsOf(source, equipment).map(point => measure(source, question, [equipment, point])),
  )
  const all = withDewPoints(source, question, stored)
  const book = new HappeningsBook(source, question, names, new Set(rooms.map(({ id }) => id)))
  const nameOf = namesOf(all, true)
  return {
    kind: 'environment',
    title: say('机房环境记录', 'Environment log'),
    head: headOf(
      source,
      question,
      stored.map(({ point }) => point.id),
      { ...completenessOf(stored), limits: all.map(({ limits }) => limits) },
    ),
    sections: [
      summarySection(all, nameOf, say('没有环境测点', 'There is nothing that measures the environment')),
      ...all.map(one => dailySection(one, nameOf(one), book.of(one.equipment.id), isDerived(one) ? dewNotes : [])),
      excursionsSection(source, all, { book, names, nameOf }),
      eventsSection(source, question, rooms, { book, names }),
      ...accessSections(source, question, rooms, names),
      ...inspectionSections(source, question, rooms, { book, names }),
      gapsSection(stored, nameOf),
    ],
    signatures,
  }
}

function roomsOf(source: LogSource, question: LogQuestion): readonly Equipment[] {
  const kept = new Set(source.site.rules.filter(({ record }) => record === 'environment').map(({ equipment }) => equipment))
  return equipmentOf(source, question).filter(({ id }) => kept.has(id))
}

const pointsOf = ({ site }: LogSource, { id }: Equipment): readonly Point[] =>
  site.points.filter(({ equipment, kind }) => equipment === id && kind === 'measurement')

const dewKey = 'dew-point'
const isDerived = ({ point }: Measured): boolean => point.key === dewKey

/** Where temperature and humidity of one room are known its dew point is worked out from them. */
function withDewPoints(source: LogSource, question: LogQuestion, stored: readonly Measured[]): readonly Measured[] {
  return stored.flatMap(one => {
    const { equipment, point } = one
    const warm = stored.find(other => other.equipment === equipment && other.point.unit === '°C')
    if (point.unit !== '%RH' || !warm) return [one]
    return [one, dewPointOf(source, question, warm, one)]
  })
}

function dewPointOf(source: LogSource, question: LogQuestion, warm: Measured, damp: Measured): Measured {
  const { past } = source
  const staleAfter = Math.max(warm.point.staleAfter, damp.point.staleAfter) as Point['staleAfter']
  const point: Point = {
    ...warm.point,
    id: `${warm.equipment.id}.${dewKey}` as Point['id'],
    key: dewKey,
    name: say('露点', 'Dew point'),
    staleAfter,
    limits: {},
  }
  return measureSeries(source, question, {
    equipment: warm.equipment,
    point,
    columns: (from, to) =>
      paired(
        { columns: past.columns(warm.point.id, from, to), staleAfter: warm.point.staleAfter },
        { columns: past.columns(damp.point.id, from, to), staleAfter: damp.point.staleAfter },
        dewPoint,
      ),
    limits: derivedLimits(source, question, point, [
      { side: 'max', value: 15, rule: `${damp.point.id}.dew-point-high` },
      { side: 'min', value: 5.5, rule: `${damp.point.id}.dew-point-low` },
    ]),
    due: {
      from: Math.max(warm.due.from, damp.due.from) as typeof warm.due.from,
      to: Math.min(warm.due.to, damp.due.to) as typeof warm.due.to,
    },
    holes: {
      [Symbol.iterator]: () => inOrder([warm.holes, damp.holes], hole => hole.from),
    },
  })
}

const dewNotes: readonly Words[] = [
  say(
    '露点由同一时刻有效的温度、相对湿度按 Magnus 公式算出（WMO-No. 8：17.62、243.12 °C）；其中一个未知，露点就未知。湿度误差 ±3 %RH 约合 ±1 K。',
    'The dew point is worked out from the temperature and humidity that hold at the time by the Magnus formula (WMO-No. 8: 17.62, 243.12 °C); where one is unknown it is unknown. An error of ±3 %RH is about ±1 K.',
  ),
]

/** Rooms with a door: each opening, badge and entry with its time. */
function accessSections(
  source: LogSource,
  question: LogQuestion,
  rooms: readonly Equipment[],
  names: Names,
): readonly LogSection[] {
  const withDoor = rooms.filter(({ id }) => source.site.points.some(({ equipment, key }) => equipment === id && key === 'door'))
  return withDoor.length > 0 ? [accessSection(source, question, withDoor, names)] : []
}

/** Rooms that somebody has to look after on days off. */
function inspectionSections(
  source: LogSource,
  question: LogQuestion,
  rooms: readonly Equipment[],
  about: { readonly book: HappeningsBook; readonly names: Names },
): readonly LogSection[] {
  const watched = rooms.filter(({ id }) =>
    source.site.rules.some(({ equipment, kind, clause }) => equipment === id && kind === 'due' && clause === 'SRV-2'),
  )
  return watched.length > 0 ? [inspectionsSection(source, question, watched, about)] : []
}
