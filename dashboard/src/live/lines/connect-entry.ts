/** What was typed in the wizard, as the gateway is asked with it and as the site file will have it. Pure. */
import type { WireProtocol, WireType } from '../../../../gateway/api/wire-lines.ts'
import type { ConnectDraft } from './connect-draft.ts'
import { settingsFrom } from './settings.ts'
import type { WantedChange } from './site-change.svelte.ts'

type Settings = Readonly<Record<string, unknown>>

/** What the typed text is read by: the schemas of the line's protocol, and the points of the type. */
export interface EntryGround {
  readonly protocol: WireProtocol | undefined
  readonly type: WireType | undefined
}

const lineSettings = ({ line }: ConnectDraft, { protocol }: EntryGround): Settings =>
  settingsFrom(line.settings, protocol?.connection ?? {})

/** Over which line: one of the site, or one that is not in its file yet. */
export function whereOf(draft: ConnectDraft, ground: EntryGround): Settings {
  const { line } = draft
  if (!line.fresh) return { connection: line.connection }
  return { protocol: line.protocol, settings: lineSettings(draft, ground), ...(line.outside ? { outside: true } : {}) }
}

/** Bindings by point; with a model only what differs from it. */
function pointsOf(
  { what: { points, used, model } }: ConnectDraft,
  { protocol, type }: EntryGround,
): Readonly<Record<string, Settings>> {
  const keys = model === '' ? used : Object.keys(points)
  return Object.fromEntries(
    keys
      .filter(key => type?.points.some(point => point.key === key))
      .map(key => [key, settingsFrom(points[key] ?? {}, protocol?.point ?? {})] as const)
      .filter(([, settings]) => model === '' || Object.keys(settings).length > 0),
  )
}

const deviceOf = ({ what }: ConnectDraft, { protocol }: EntryGround): Settings =>
  settingsFrom(what.device, protocol?.device ?? {})

/** The equipment as it is tried. */
export function trialOf(draft: ConnectDraft, ground: EntryGround): Settings {
  const { type, model } = draft.what
  const points = pointsOf(draft, ground)
  return {
    type,
    ...(model === '' ? {} : { model }),
    device: deviceOf(draft, ground),
    ...(Object.keys(points).length === 0 && model !== '' ? {} : { points }),
  }
}

/** What is to stand in the site file; `newArea` is the id of an area that is not there yet. */
export function changeOf(draft: ConnectDraft, ground: EntryGround, newArea: string): WantedChange {
  const { what, line } = draft
  const { type, model, nameZh, nameEn } = what
  const points = pointsOf(draft, ground)
  const name = nameEn.trim() === '' ? nameZh.trim() : { zh: nameZh.trim(), en: nameEn.trim() }
  const entry = {
    type,
    name,
    ...(model === '' ? {} : { model }),
    connection: line.fresh ? line.id : line.connection,
    ...deviceOf(draft, ground),
    ...(Object.keys(points).length === 0 ? {} : { points }),
  }
  return {
    ...(line.fresh ? { connection: { id: line.id, entry: { protocol: line.protocol, ...lineSettings(draft, ground) } } } : {}),
    area: what.area === '+' ? newArea : what.area,
    ...(what.area === '+' ? { areaName: what.newArea.trim() } : {}),
    equipment: { id: what.id, entry },
  }
}
