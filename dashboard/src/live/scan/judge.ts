/** What comes of a label that was read, or a code that was typed. Pure: what this phone knows is handed in. */
import { isId, readLabel } from './label.ts'
import type { Label } from './label.ts'

export interface Known {
  /** The site of this gateway; nothing while the gateway has not answered yet. */
  readonly site: { readonly id: string; readonly equipment: Pick<ReadonlySet<string>, 'has'> } | undefined
  /** By which host this page was opened. */
  readonly host: string
}

export type Verdict =
  | { readonly is: 'equipment'; readonly equipment: string }
  | { readonly is: 'check-point'; readonly code: string; readonly host: string | undefined }
  /** It is equipment of this site as far as can be told, and its page has to wait for the gateway. */
  | { readonly is: 'later'; readonly equipment: string }
  | { readonly is: 'refused'; readonly why: Why }

export type Why =
  | { readonly is: 'other-site'; readonly site: string; readonly here: string }
  | { readonly is: 'no-equipment'; readonly equipment: string }
  | { readonly is: 'address'; readonly host: string; readonly isOurs: boolean }
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'nothing-like-it'; readonly text: string }

const refused = (why: Why): Verdict => ({ is: 'refused', why })

export const judgeScan = (text: string, known: Known): Verdict => judge(readLabel(text), known)

function judge(label: Label, known: Known): Verdict {
  const { site, host } = known
  switch (label.is) {
    case 'equipment':
      if (site && site.id !== label.site) return refused({ is: 'other-site', site: label.site, here: site.id })
      return equipment(label.equipment, known)
    case 'page':
      return label.host === host ? equipment(label.equipment, known) : refused({ is: 'address', host: label.host, isOurs: false })
    case 'check-point':
      return { is: 'check-point', code: label.code, host: label.host === host ? undefined : label.host }
    case 'address':
      return refused({ is: 'address', host: label.host, isOurs: label.host === host })
    case 'text':
      return refused({ is: 'text', text: label.text })
  }
}

/** `cold-1` as it stands on the label, or the code of a check-point; whatever else is judged as if it had been scanned. */
export function judgeTyped(text: string, known: Known): Verdict {
  // A keyboard for Chinese has its own letters, and some put a dash where a hyphen stands.
  const written = text.normalize('NFKC').trim().toLowerCase()
  const typed = written.replace(/[\s\-‐‑–—−]+/gu, '-')
  const found = [written, typed].find(one => known.site?.equipment.has(one))
  if (found !== undefined) return { is: 'equipment', equipment: found }
  const verdict = judgeScan(text, known)
  if (verdict.is !== 'refused' || verdict.why.is !== 'text') return verdict
  // Without the gateway nobody knows here which equipment there is.
  if (!known.site && isId(typed)) return { is: 'later', equipment: typed }
  return refused({ is: 'nothing-like-it', text: verdict.why.text })
}

function equipment(id: string, { site }: Known): Verdict {
  if (!site) return { is: 'later', equipment: id }
  return site.equipment.has(id) ? { is: 'equipment', equipment: id } : refused({ is: 'no-equipment', equipment: id })
}
