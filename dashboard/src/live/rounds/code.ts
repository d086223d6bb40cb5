/** Codes of check-points as a phone meets them. The gateway reads them the same way and has the last word. */

/** One form for `7F3K-9QPM`, `7f3k 9qpm` and what a finger in a glove makes of it; nothing where it is no code. */
export function readCode(text: string): string | undefined {
  const code = text
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\-_.·–—]/gu, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1')
  return /^[0-9A-Z]{8,16}$/.test(code) ? code : undefined
}

/** The code in what a camera has read: the link of a label, or a code alone. */
export function codeIn(text: string): string | undefined {
  const [, part] = /\/c\/([^/?#\s]+)\/?(?:[?#].*)?$/.exec(text) ?? []
  try {
    return readCode(decodeURIComponent(part ?? text))
  } catch {
    return readCode(part ?? text)
  }
}

export const sayCode = (code: string): string => code.replace(/(.{4})(?=.)/g, '$1-')

/** How the list of rounds knows a code without holding it; nothing where the browser cannot count it (a page without HTTPS). */
export async function markOf(code: string): Promise<string | undefined> {
  // A page that is not served securely has no `subtle` at all.
  const subtle = crypto.subtle as SubtleCrypto | undefined
  if (!subtle) return undefined
  const bytes = new Uint8Array(await subtle.digest('SHA-256', new TextEncoder().encode(code)))
  return [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')
}

/** A random UUID, also where `crypto.randomUUID` is not there because the page came without HTTPS. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
