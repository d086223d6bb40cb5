import { linesOf } from './lines.ts'
import { colors, lineHeight } from './page.ts'
import type { Letters, Look, Mark, Page } from './page.ts'

/** Left wider than right: sheets are kept in binders. */
export const margins = { left: 54, right: 36, top: 46, bottom: 46 } as const
const a4 = { short: 595.28, long: 841.89 }

/** Fills pages from top to bottom. Whoever places something asks for room first, and hands on the page that was full. */
export class Press {
  readonly letters: Letters
  readonly width: number
  readonly height: number
  #marks: Mark[] = []
  #opens: string[] = []
  y: number = margins.top

  constructor(letters: Letters, isWide: boolean) {
    this.letters = letters
    this.width = isWide ? a4.long : a4.short
    this.height = isWide ? a4.short : a4.long
  }

  get left(): number {
    return margins.left
  }
  /** Of what may be printed on. */
  get inner(): number {
    return this.width - margins.left - margins.right
  }
  get bottom(): number {
    return this.height - margins.bottom
  }
  /** What is left of this page. */
  get room(): number {
    return this.bottom - this.y
  }
  get isFresh(): boolean {
    return this.y === margins.top
  }

  put(...marks: readonly Mark[]): void {
    for (const mark of marks) this.#marks.push(mark)
  }

  text(x: number, y: number, text: string, look: Look): void {
    if (text !== '') this.put({ what: 'text', x, y, text, look })
  }

  rule(y: number, color: string = colors.hair, width = 0.5): void {
    this.put({ what: 'line', from: [this.left, y], to: [this.left + this.inner, y], color, width })
  }

  /** A section begins here. */
  open(name: string): void {
    this.#opens.push(name)
  }

  lines(text: string, width: number, look: Look): readonly string[] {
    return linesOf(this.letters.shown(text), width, piece => this.letters.width(piece, look))
  }

  /** Hands on the page where `height` does not fit on what is left of it. */
  *need(height: number): Generator<Page> {
    if (this.room < height && !this.isFresh) yield this.turn()
  }

  turn(): Page {
    const page = { width: this.width, height: this.height, marks: this.#marks, opens: this.#opens }
    this.#marks = []
    this.#opens = []
    this.y = margins.top
    return page
  }

  /** A paragraph over the whole width. */
  *paragraph(text: string, look: Look): Generator<Page> {
    const step = look.size * lineHeight
    for (const line of this.lines(text, this.inner, look)) {
      yield* this.need(step)
      this.text(this.left, this.y, line, look)
      this.y += step
    }
  }
}
