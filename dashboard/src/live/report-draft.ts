/** What somebody has written of a report and not yet sent, kept in this browser: there is no network in a basement. */
export interface ReportDraft {
  what: string
  /** `equipment:cold-1`, `area:canteen`, or empty where it is in no list. */
  spot: string
  place: string
  urgent: boolean
  isMine: boolean
  name: string
  contact: string
  photos: string[]
}
const memory = 'zhishou.report'

export const emptyDraft = (): ReportDraft => ({
  what: '',
  spot: '',
  place: '',
  urgent: false,
  isMine: true,
  name: '',
  contact: '',
  photos: [],
})

export function keptDraft(): ReportDraft {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(memory) ?? 'null')
    if (typeof kept !== 'object' || kept === null) return emptyDraft()
    return { ...emptyDraft(), ...(kept as Partial<ReportDraft>) }
  } catch {
    return emptyDraft()
  }
}

export function keepDraft(draft: ReportDraft): void {
  localStorage.setItem(memory, JSON.stringify(draft))
}

export function forgetDraft(): void {
  localStorage.removeItem(memory)
}

/** The body of `POST /cases`. */
export function reportOf({ what, spot, place, urgent, isMine, name, contact, photos }: ReportDraft): object {
  const [kind, id] = [spot.slice(0, spot.indexOf(':')), spot.slice(spot.indexOf(':') + 1)]
  const text = (value: string, key: string): object => (value.trim() === '' ? {} : { [key]: value.trim() })
  return {
    what: what.trim(),
    ...(kind === 'equipment' || kind === 'area' ? { [kind]: id } : {}),
    ...text(place, 'place'),
    priority: urgent ? 'high' : 'medium',
    ...(isMine ? {} : { reporter: { name: name.trim(), ...text(contact, 'contact') } }),
    photos,
  }
}

export function missingIn({ what, spot, place, isMine, name }: ReportDraft): 'missing' | 'missingName' | undefined {
  if (what.trim() === '' || (spot === '' && place.trim() === '')) return 'missing'
  return !isMine && name.trim() === '' ? 'missingName' : undefined
}
