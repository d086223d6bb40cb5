/** How wide a text is, in points. */
export type Measure = (text: string) => number

// May not begin a line; may not end one.
const closing = /^[\s，。、；：？！）》」』】〕…％%)\]},.;:!?°℃’”]/u
const opening = /[（《「『【〔([{‘“]$/u
const together = /[A-Za-z0-9À-ɏ_@#&+°%'’.,:;!?/-]/u

/** Pieces between which a line may end: words with the space after them, and every Chinese character with its punctuation. */
function piecesOf(text: string): readonly string[] {
  const pieces: string[] = []
  for (const sign of text) {
    const last = pieces.at(-1)
    const joins =
      last !== undefined &&
      (closing.test(sign) ||
        opening.test(last) ||
        (together.test(sign) && together.test(last.at(-1) ?? '') && !/[-/]$/.test(last)))
    if (joins) pieces[pieces.length - 1] = last + sign
    else pieces.push(sign)
  }
  return pieces
}

/**
 * Breaks a text into lines no wider than `width`: between words and Chinese characters, and within a word where nothing else helps. A line
 * is wider only where a single character is.
 */
export function linesOf(text: string, width: number, measure: Measure): readonly string[] {
  const lines: string[] = []
  for (const paragraph of text.split(/\r\n|\r|\n/)) {
    let line = ''
    const put = (piece: string): void => {
      if (line === '' || measure((line + piece).trimEnd()) <= width) {
        line += piece
        return
      }
      lines.push(line.trimEnd())
      line = piece.trimStart()
    }
    for (const piece of piecesOf(paragraph)) {
      if (measure(piece.trimEnd()) <= width) put(piece)
      else for (const sign of piece) put(sign)
    }
    lines.push(line.trimEnd())
  }
  return lines
}

/** The width of the widest piece that should not be broken, at most `most`. */
export const narrowest = (text: string, most: number, measure: Measure): number =>
  Math.min(most, Math.max(0, ...piecesOf(text).map(piece => measure(piece.trim()))))
