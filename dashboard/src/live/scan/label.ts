/** What stands in a code that a camera has read. Pure; the gateway prints the labels (`/api/v1/labels`, `/api/v1/rounds/:id/codes`). */
import { codeIn } from '../rounds/code.ts'

export type Label =
  | { readonly is: 'equipment'; readonly equipment: string; readonly site: string }
  /** The address of a page of equipment, which does not say of which site it is. */
  | { readonly is: 'page'; readonly equipment: string; readonly host: string }
  | { readonly is: 'check-point'; readonly code: string; readonly host: string | undefined }
  /** Another address, of this gateway or of anybody. */
  | { readonly is: 'address'; readonly host: string }
  | { readonly is: 'text'; readonly text: string }

const id = '[a-z0-9][a-z0-9_-]{0,63}'
export const isId = (text: string): boolean => new RegExp(`^${id}$`).test(text)
const bare = new RegExp(`^(${id})/(${id})$`)
const onEquipment = new RegExp(`^/e/(${id})/(${id})/?$`)
const ofEquipment = new RegExp(`^/equipment/(${id})/?$`)

export function readLabel(text: string): Label {
  const said = text.trim()
  const address = /^https?:\/\//i.test(said) ? addressIn(said) : undefined
  const path = address ? plain(address.pathname) : ''
  const [, site, equipment] = (address ? onEquipment.exec(path) : bare.exec(said)) ?? []
  if (site !== undefined && equipment !== undefined) return { is: 'equipment', equipment, site }
  const [, page] = ofEquipment.exec(path) ?? []
  if (address && page !== undefined) return { is: 'page', equipment: page, host: address.host }
  const code = codeIn(said)
  if (code !== undefined) return { is: 'check-point', code, host: address?.host }
  return address ? { is: 'address', host: address.host } : { is: 'text', text: said }
}

function addressIn(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

function plain(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
