import { coverYaml } from '../site/document.ts'
import type { Path } from '../site/document.ts'
import type { SourceFile } from '../site/load.ts'

/** What a secret is shown as; another one than there was has a star. */
const covered = "'••••••'"
const coveredNew = "'•••••• *'"

/** Parts of the file in which a name alone tells that a value is secret. */
const secretName = /password|passphrase|secret|token|community|private|(^|[a-z])key$|^auth/i
/** `mqtt://user:password@host` */
const secretInAddress = /:\/\/[^/\s@]+@/

/** Whether what stands there must not leave the house. The name of a variable may: it is where the secret lies, and not the secret. */
export function isSecret(path: Path, value: unknown): boolean {
  if (value === null || value === undefined || typeof value === 'object' || typeof value === 'boolean') return false
  if (/^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/.test(String(value))) return false
  const keys = path.map(String)
  const last = keys.at(-1) ?? ''
  // The address of a group robot holds its key, and headers hold tokens.
  if (keys[0] === 'channels' && (last === 'url' || keys[2] === 'headers')) return true
  if (keys[0] === 'connections' && keys[2] === 'accounts') return true
  return secretName.test(last) || secretInAddress.test(String(value))
}

/** A value of the file without its secrets, and where they were. Pure. */
export function withoutSecrets(
  value: unknown,
  path: readonly string[] = [],
): { readonly value: unknown; readonly hidden: readonly (readonly string[])[] } {
  if (isSecret(path, value)) return { value: undefined, hidden: [path] }
  if (Array.isArray(value)) {
    const items = value.map((one, index) => withoutSecrets(one, [...path, String(index)]))
    return { value: items.map(item => item.value ?? null), hidden: items.flatMap(({ hidden }) => hidden) }
  }
  if (typeof value !== 'object' || value === null) return { value, hidden: [] }
  const entries = Object.entries(value).map(([key, one]) => [key, withoutSecrets(one, [...path, key])] as const)
  return {
    value: Object.fromEntries(entries.flatMap(([key, { value: own }]) => (own === undefined ? [] : [[key, own]]))),
    hidden: entries.flatMap(([, { hidden }]) => hidden),
  }
}

/** Two states of a file as they may be shown beside each other: a secret that is another one is seen to be one, and no more. */
export function covering(before: string, after: string): { readonly before: string; readonly after: string } {
  const known = new Map<string, unknown>()
  const place = (path: Path): string => path.join('\0')
  const first = coverYaml(before, (path, value) => {
    if (!isSecret(path, value)) return undefined
    known.set(place(path), value)
    return covered
  })
  const second = coverYaml(after, (path, value) => {
    if (!isSecret(path, value)) return undefined
    return known.get(place(path)) === value ? covered : coveredNew
  })
  return { before: first, after: second }
}

/** The secrets that stand in the files themselves, so that nothing that is said of them repeats one. */
export function secretsIn(files: readonly SourceFile[]): readonly string[] {
  const found = new Set<string>()
  for (const { text } of files)
    coverYaml(text, (path, value) => {
      if (isSecret(path, value) && String(value).length >= 4) found.add(String(value))
      return undefined
    })
  return [...found].toSorted((a, b) => b.length - a.length)
}
