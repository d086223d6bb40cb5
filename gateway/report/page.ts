/** A sheet of paper before it is drawn: plain marks in points from its upper left corner. */
export interface Page {
  readonly width: number
  readonly height: number
  readonly marks: readonly Mark[]
  /** Sections that begin here, for the list of contents. */
  readonly opens: readonly string[]
}

export type Mark =
  | {
      readonly what: 'text'
      readonly x: number
      /** Upper edge of the line. */
      readonly y: number
      readonly text: string
      readonly look: Look
    }
  | {
      readonly what: 'line'
      readonly from: Spot
      readonly to: Spot
      readonly color: string
      readonly width: number
      readonly dash?: number
    }
  | {
      readonly what: 'box'
      readonly x: number
      readonly y: number
      readonly width: number
      readonly height: number
      readonly fill: string
    }
  | { readonly what: 'shape'; readonly spots: readonly Spot[]; readonly fill: string }
  | { readonly what: 'curve'; readonly spots: readonly Spot[]; readonly color: string; readonly width: number }
  | { readonly what: 'code'; readonly x: number; readonly y: number; readonly side: number; readonly text: string }

export type Spot = readonly [x: number, y: number]

export interface Look {
  readonly size: number
  readonly bold?: boolean
  readonly slanted?: boolean
  readonly color?: string
}

/** The letters a page is set in. */
export interface Letters {
  width(text: string, look: Look): number
  /** The text with a box for every character that the font does not have. */
  shown(text: string): string
}

export const colors = {
  ink: '#1f2933',
  soft: '#52606d',
  faint: '#7b8794',
  hair: '#d5dae0',
  stripe: '#f6f8fa',
  head: '#e8edf2',
  bad: '#b42318',
  badGround: '#fdeeec',
  band: '#c9dcf2',
  mean: '#1d5fa8',
} as const

/** Of a line of text, in sizes of its letters. */
export const lineHeight = 1.4
