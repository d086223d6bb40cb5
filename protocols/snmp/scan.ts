import type { Found, FoundPoint, ScanAsk, ScanStep, Words } from '../contract/driver.ts'
import { fault } from '../contract/fault.ts'
import type { Agent } from './agent.ts'
import type { Got, Memory } from './ask.ts'
import { getObjects, nothingLearned, walkColumns } from './ask.ts'
import { isMissing, rawOf, sayValue } from './decode.ts'
import type { Varbind } from './message.ts'
import { nameOf, namedAs, objectOf } from './names.ts'
import { compareOids, isBelow, parseOid } from './oid.ts'
import type { Ask } from './session.ts'

const system = {
  descr: '1.3.6.1.2.1.1.1.0',
  object: '1.3.6.1.2.1.1.2.0',
  name: '1.3.6.1.2.1.1.5.0',
  location: '1.3.6.1.2.1.1.6.0',
} as const
const upsMib = '1.3.6.1.2.1.33.1'
/** Objects shown of one place: a switch has tens of thousands. */
const mostShown = 300

/** Models of the library, and where only they have something. */
const kinds: readonly { readonly model: string; readonly maker: string; readonly at: string }[] = [
  { model: 'apc-powernet', maker: '1.3.6.1.4.1.318', at: '1.3.6.1.4.1.318.1.1.1.2' },
  { model: 'eaton-xups', maker: '1.3.6.1.4.1.534', at: '1.3.6.1.4.1.534.1.2' },
  { model: 'ups-mib', maker: upsMib, at: upsMib },
]

/** Who the agent says it is, what of the UPS-MIB it has, and what there is below `at`. Only ever asks. */
export async function* scanAgent(agent: Agent, place: string, ask: ScanAsk, signal: AbortSignal): AsyncIterable<ScanStep> {
  const at = placeToBegin(ask.at)
  if (at === undefined && ask.at !== undefined)
    return yield {
      step: 'trouble',
      fault: fault('no-such-address', `${ask.at.slice(0, 60)} is no OID and no name that is known.`),
    }
  const talk = await agent.talk(signal)
  if (!talk.ok) return yield { step: 'trouble', fault: talk.fault }
  const memory = nothingLearned(20)
  const of = at === undefined ? 3 : 4
  try {
    const who = await getObjects(talk.value.ask, Object.values(system), memory)
    if (who.broken) return yield { step: 'trouble', fault: who.broken }
    yield { step: 'asked', done: 1, of }
    const ups = await below(talk.value.ask, upsMib, memory)
    yield { step: 'asked', done: 2, of }
    const models: string[] = []
    for (const { model, maker, at: own } of kinds) {
      const isLikely =
        own === upsMib ? ups.varbinds.length > 0 : isBelow(textAt(who, system.object), maker) || ups.varbinds.length > 0
      if (isLikely && (own === upsMib || (await below(talk.value.ask, own, memory, 1)).varbinds.length > 0)) models.push(model)
    }
    yield { step: 'asked', done: 3, of }
    const more = at === undefined ? undefined : await below(talk.value.ask, at, memory)
    if (more) yield { step: 'asked', done: 4, of }
    if (signal.aborted || ask.most < 1) return
    const points = [
      ...pointsOf(ups.varbinds),
      ...(more?.varbinds ?? []).filter(({ oid }) => !isBelow(oid, upsMib)).map(plainPoint),
    ]
    yield { step: 'found', found: foundOf(who, place, points, models, more?.isCut === true) }
  } finally {
    await talk.value.end()
  }
}

function placeToBegin(at: string | undefined): string | undefined {
  if (at === undefined || at === '') return undefined
  return namedAs(at)?.oid ?? parseOid(at.replace(/\.$/, ''))
}

async function below(
  ask: Ask,
  oid: string,
  memory: Memory,
  most = mostShown,
): Promise<{ readonly varbinds: readonly Varbind[]; readonly isCut: boolean }> {
  let varbinds: readonly Varbind[] = []
  let isCut = false
  // A walk that is longer than what is shown is not brought to its end.
  const sofar: Varbind[] = []
  const listening: Ask = async question => {
    const reply = await ask(question)
    if (reply.ok) sofar.push(...reply.pdu.varbinds.filter(each => isBelow(each.oid, oid) && !isMissing(each.value)))
    return reply
  }
  const got = await walkColumns(listening, [oid], memory, most)
  const answer = got.of.get(oid)
  if (answer?.ok) varbinds = answer.value
  else {
    varbinds = sofar.slice(0, most)
    isCut = sofar.length > most
  }
  return { varbinds: varbinds.filter(({ value }) => !isMissing(value)), isCut }
}

/** Of the UPS-MIB, by name: a column with one row is bound without its index. */
function pointsOf(varbinds: readonly Varbind[]): FoundPoint[] {
  const rows = new Map<string, number>()
  for (const { oid } of varbinds) {
    const object = objectOf(oid)
    if (object) rows.set(object.oid, (rows.get(object.oid) ?? 0) + 1)
  }
  return varbinds
    .toSorted((a, b) => compareOids(a.oid, b.oid))
    .map(varbind => {
      const object = objectOf(varbind.oid)
      if (!object) return plainPoint(varbind)
      const isAlone = !object.isColumn || rows.get(object.oid) === 1
      const value = valueOf(varbind)
      return {
        settings: { oid: isAlone ? object.name : nameOf(varbind.oid) },
        name: nameOf(varbind.oid),
        // 0.1 as a factor would leave dust behind the last digit.
        value: typeof value === 'number' && object.scale !== 1 ? value / Math.round(1 / object.scale) : value,
        ...(object.unit === undefined ? {} : { unit: object.unit }),
        raw: rawOf(varbind),
      }
    })
}

const plainPoint = (varbind: Varbind): FoundPoint => ({
  settings: { oid: varbind.oid },
  name: nameOf(varbind.oid),
  value: valueOf(varbind),
  raw: rawOf(varbind),
})

function valueOf({ value }: Varbind): number | string {
  const said = sayValue(value)
  return 'number' in value ? value.number : said.slice(0, 200)
}

function textAt(who: Got<Varbind>, oid: string): string {
  const answer = who.of.get(oid)
  return answer?.ok && !isMissing(answer.value.value) ? sayValue(answer.value.value) : ''
}

function foundOf(
  who: Got<Varbind>,
  place: string,
  points: readonly FoundPoint[],
  models: readonly string[],
  isCut: boolean,
): Found {
  const [descr, object, name, location] = [system.descr, system.object, system.name, system.location].map(oid => textAt(who, oid))
  const seen = [descr, location, object && `sysObjectID ${object}`]
    .filter(text => text)
    .join(' · ')
    .slice(0, 400)
  const note: Words = {
    zh: `${seen}${isCut ? `。只列出前 ${mostShown} 个，缩小 at 的范围可看到其余的` : ''}`,
    en: `${seen}${isCut ? `. Only the first ${mostShown} are listed; a narrower at shows the others` : ''}`,
  }
  return {
    device: {},
    name: name || descr?.slice(0, 60) || place,
    points,
    ...(models.length > 0 && { models }),
    ...(seen !== '' && { note }),
  }
}
