import type { SourceFile } from '../site/load.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Shorter ones are numbers of ports and the like: no secret is so short, and every `1` would be one. */
const shortest = 4

/**
 * What is said of a draft with the variables' names where it would quote what they stand for: a mistake in a line that a password was filled
 * in on must not tell the password to the browser. Pure; `told` is JSON.
 */
export function veiled<T>(told: T, files: readonly Pick<SourceFile, 'text'>[], env: Environment): T {
  const names = new Set(
    files.flatMap(({ text }) => [...text.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)/g)].map(([, name = '']) => name)),
  )
  const secrets = [...names]
    .flatMap(name => {
      const value = env[name]
      return value !== undefined && value.length >= shortest ? [{ name, value }] : []
    })
    // A secret that holds another one goes first.
    .toSorted((a, b) => b.value.length - a.value.length)
  if (secrets.length === 0) return told
  const veil = (text: string): string =>
    secrets.reduce((now, { name, value }) => now.replaceAll(value, () => `\${${name}}`), text)
  return over(told, veil) as T
}

/** The same of secrets that stand in the file itself. */
export function withoutAny<T>(told: T, secrets: readonly string[]): T {
  if (secrets.length === 0) return told
  return over(told, text => secrets.reduce((now, secret) => now.replaceAll(secret, '••••••'), text)) as T
}

function over(value: unknown, veil: (text: string) => string): unknown {
  if (typeof value === 'string') return veil(value)
  if (Array.isArray(value)) return value.map(one => over(one, veil))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [veil(key), over(one, veil)]))
}
