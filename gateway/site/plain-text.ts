/**
 * Signs that nobody sees and that change what others see: the ones that turn the writing direction of all that follows (U+202E and its
 * kin), control characters but tabs and line ends, and halves of characters. What is written here is kept for years and read on screens, on
 * paper, in spreadsheets and in messages, and has to read the same on each. Letters that run from right to left, and what joins the parts
 * of an emoji, are no such signs.
 */
const hidden = /[^\P{Cc}\t\n\r]|[\u202A-\u202E\u2066-\u2069]|\p{Cs}/u

export interface HiddenSign {
  /** As U+202E. */
  readonly sign: string
  /** The few characters that stand before it. */
  readonly after: string
}

/** The first such sign of a text. */
export function hiddenSignIn(text: string): HiddenSign | undefined {
  const at = hidden.exec(text)
  if (!at) return undefined
  const code = (at[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return { sign: `U+${code}`, after: [...text.slice(0, at.index).trimEnd()].slice(-12).join('') }
}

export const withoutHiddenSigns = (text: string): string => text.replace(new RegExp(hidden, 'gu'), '')
