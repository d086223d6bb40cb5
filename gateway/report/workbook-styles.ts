/** How a cell looks. */
export interface Style {
  readonly bold?: boolean
  readonly italic?: boolean
  /** In points; default 10. */
  readonly size?: number
  /** `RRGGBB`. */
  readonly color?: string
  readonly fill?: string
  /** Hairlines around, or the rule above a sum. */
  readonly border?: 'cell' | 'sum'
  readonly align?: 'left' | 'center' | 'right'
  readonly wrap?: boolean
  /** An Excel number format; default `General`. */
  readonly format?: string
}

const firstOwnFormat = 164
const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'

/** Numbers the styles that cells ask for, and writes them down once all have asked. */
export class Styles {
  readonly #ids = new Map<Style, number>()
  readonly #byText = new Map<string, number>()
  readonly #list: Style[] = []

  constructor() {
    this.idOf({})
  }

  idOf(style: Style): number {
    const known = this.#ids.get(style)
    if (known !== undefined) return known
    const text = JSON.stringify(Object.entries(style).toSorted())
    const id = this.#byText.get(text) ?? this.#list.push(style) - 1
    this.#byText.set(text, id)
    // The same few objects come again and again; a form that makes one a cell must not be kept whole.
    if (this.#ids.size < 1_000) this.#ids.set(style, id)
    return id
  }

  xml(): string {
    const fonts = this.#list.map(
      ({ bold, italic, size = 10, color = '1F2933' }) =>
        `<font>${bold ? '<b/>' : ''}${italic ? '<i/>' : ''}<sz val="${size}"/><color rgb="FF${color}"/><name val="Microsoft YaHei"/><family val="2"/></font>`,
    )
    const fills = this.#list.map(({ fill }) =>
      fill === undefined
        ? '<fill><patternFill patternType="none"/></fill>'
        : `<fill><patternFill patternType="solid"><fgColor rgb="FF${fill}"/><bgColor indexed="64"/></patternFill></fill>`,
    )
    const borders = this.#list.map(({ border }) => borderXml(border))
    const formats = [...new Set(this.#list.flatMap(({ format }) => format ?? []))]
    // Excel takes the first two fills for its own, whatever they say.
    const reserved = '<fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    const cells = this.#list.map(({ format, align, wrap }, index) => {
      const number = format === undefined ? 0 : firstOwnFormat + formats.indexOf(format)
      const alignment = `<alignment${align ? ` horizontal="${align}"` : ''} vertical="center"${wrap ? ' wrapText="1"' : ''}/>`
      return `<xf numFmtId="${number}" fontId="${index}" fillId="${index + 2}" borderId="${index}" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1">${alignment}</xf>`
    })
    const list = (name: string, items: readonly string[], before = '', more = 0): string =>
      `<${name} count="${items.length + more}">${before}${items.join('')}</${name}>`
    return [
      `<styleSheet xmlns="${main}">`,
      ...(formats.length > 0
        ? [
            list(
              'numFmts',
              formats.map(
                (format, index) =>
                  `<numFmt numFmtId="${firstOwnFormat + index}" formatCode="${format.replaceAll('"', '&quot;')}"/>`,
              ),
            ),
          ]
        : []),
      list('fonts', fonts),
      list('fills', fills, reserved, 2),
      list('borders', borders),
      '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>',
      list('cellXfs', cells),
      '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>',
      '</styleSheet>',
    ].join('')
  }
}

function borderXml(border: Style['border']): string {
  if (border === undefined) return '<border><left/><right/><top/><bottom/><diagonal/></border>'
  const line = (side: string, style: string, color: string): string =>
    `<${side} style="${style}"><color rgb="FF${color}"/></${side}>`
  const hair = (side: string): string => line(side, 'thin', 'D5DAE0')
  const top = border === 'sum' ? line('top', 'medium', '1F2933') : hair('top')
  return `<border>${hair('left')}${hair('right')}${top}${hair('bottom')}<diagonal/></border>`
}
