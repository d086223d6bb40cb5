/**
 * 简体 in the characters and words of 繁體. Pure: the table comes in as text.
 *
 * The table is made by `dashboard/hant-build.ts` from the phrases and characters of OpenCC, with what OpenCC itself makes of each. The
 * longest phrase wins, from left to right, as it does there. A phrase without anything after it is converted character by character: it is
 * there to be found before one that begins inside it (`统一` before `一出`).
 */
export type Convert = (text: string) => string

/** `own` are words of our field, which come before the table's. */
export function hantBy(table: string, own: Readonly<Record<string, string>> = {}): Convert {
  const shown = new Map<string, string | undefined>()
  const longest = new Map<string, number>()
  const know = (written: string, as: string | undefined) => {
    shown.set(written, as)
    const first = firstOf(written, 0)
    if (written.length > (longest.get(first) ?? 0)) longest.set(first, written.length)
  }
  let last = ''
  for (const line of table.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    // How many characters are those of the line before, the rest, and what it becomes.
    const [rest = '', as] = line.slice(1).split(' ')
    last = last.slice(0, Number(line[0])) + rest
    know(last, as)
  }
  for (const [written, as] of Object.entries(own)) know(written, as)

  return text => {
    let said = ''
    for (let at = 0; at < text.length;) {
      const first = firstOf(text, at)
      let length = Math.min(longest.get(first) ?? 0, text.length - at)
      while (length > first.length && !shown.has(text.slice(at, at + length))) length--
      const written = length > first.length ? text.slice(at, at + length) : first
      said += shown.get(written) ?? Array.from(written, one => shown.get(one) ?? one).join('')
      at += written.length
    }
    return said
  }
}

/** A character of a rare plane is two code units. */
const firstOf = (text: string, at: number): string => String.fromCodePoint(text.codePointAt(at) ?? 0)
