/** What a person has typed on the way to connected equipment. Plain data, kept in the tab so that nothing typed is lost. */
import type { WireProtocol, WireType } from '../../../../gateway/api/wire-lines.ts'
import { isSecret, requiredOf } from './settings.ts'

export const steps = ['line', 'find', 'what', 'look', 'write'] as const
export type Step = (typeof steps)[number] | 'done'

export interface ConnectDraft {
  step: Step
  line: {
    fresh: boolean
    /** The connection of the site that was chosen. */
    connection: string
    /** The new one: its name, protocol and settings. */
    id: string
    protocol: string
    settings: Record<string, string>
    outside: boolean
  }
  ask: { from: string; to: string; at: string; listen: string }
  scan: string
  what: {
    id: string
    nameZh: string
    nameEn: string
    type: string
    model: string
    area: string
    newArea: string
    device: Record<string, string>
    /** Settings by point, as typed. */
    points: Record<string, Record<string, string>>
    /** Points that are wired; with a model its points are, whatever stands here. */
    used: string[]
  }
  reason: string
}

export const emptyDraft = (): ConnectDraft => ({
  step: 'line',
  line: { fresh: false, connection: '', id: '', protocol: '', settings: {}, outside: false },
  ask: { from: '', to: '', at: '', listen: '' },
  scan: '',
  what: {
    id: '',
    nameZh: '',
    nameEn: '',
    type: '',
    model: '',
    area: '',
    newArea: '',
    device: {},
    points: {},
    used: [],
  },
  reason: '',
})

const memory = 'zhishou.connect'

/** Passwords stay on the page and are not kept. */
export function keepDraft(draft: ConnectDraft): void {
  const settings = Object.fromEntries(Object.entries(draft.line.settings).filter(([key]) => !isSecret(key)))
  try {
    sessionStorage.setItem(memory, JSON.stringify({ ...draft, line: { ...draft.line, settings } }))
  } catch {
    // Where the browser keeps nothing, the page does as long as it is open.
  }
}

export function keptDraft(): ConnectDraft {
  const empty = emptyDraft()
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(memory) ?? 'null')
    if (typeof kept !== 'object' || kept === null) return empty
    const draft = kept as Partial<ConnectDraft>
    const step = draft.step === 'done' || draft.step === undefined ? 'line' : draft.step
    if (draft.step === 'done') return empty
    return {
      ...empty,
      ...draft,
      step,
      line: { ...empty.line, ...draft.line },
      ask: { ...empty.ask, ...draft.ask },
      what: { ...empty.what, ...draft.what },
    }
  } catch {
    return empty
  }
}

export const forgetDraft = (): void => {
  try {
    sessionStorage.removeItem(memory)
  } catch {
    // Nothing was kept.
  }
}

/** An id as it may stand in the site file: lower-case letters, digits and hyphens. */
export const isId = (id: string): boolean => /^[a-z0-9][a-z0-9-]{0,63}$/.test(id)

/** A free id made of what is there: of a type and a number. */
export function freeId(base: string, taken: readonly string[]): string {
  const plain =
    base
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 40) || 'equipment'
  for (let count = 1; ; count++) if (!taken.includes(`${plain}-${count}`)) return `${plain}-${count}`
}

/** Settings that the protocol wants and nobody has typed, by their place: `device.unit`, `points.temperature.register`. Pure. */
export function gapsIn(
  what: ConnectDraft['what'],
  protocol: WireProtocol | undefined,
  type: WireType | undefined,
): readonly string[] {
  const empty = (schema: WireProtocol['device'] | undefined, typed: Readonly<Record<string, string>> | undefined) =>
    requiredOf(schema ?? {}).filter(key => (typed?.[key] ?? '').trim() === '')
  const ofDevice = empty(protocol?.device, what.device)
  // A model brings settings of the equipment too, but not how this one is addressed.
  if (what.model !== '') return ofDevice.filter(key => key === 'unit' || key === 'address').map(key => `device.${key}`)
  const points = what.used.filter(key => type?.points.some(point => point.key === key))
  return [
    ...ofDevice.map(key => `device.${key}`),
    ...(points.length === 0 && type ? [`points.${type.main}`] : []),
    ...points.flatMap(point => empty(protocol?.point, what.points[point]).map(key => `points.${point}.${key}`)),
  ]
}
