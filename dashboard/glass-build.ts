import type { CSSOptions } from 'vite'

/** What a thumb's width is on the glass everything was drawn for. */
const usual = 16

/**
 * Styles are written in pixels of a usual screen and shipped in shares of the root's size, so that on the glass of a video wall, where
 * `base.css` enlarges the root, tiles, gaps and buttons grow with the letters. Hairlines stay hairlines.
 */
export const growsWithTheGlass: CSSOptions = {
  postcss: {
    plugins: [
      {
        postcssPlugin: 'grows-with-the-glass',
        Declaration(declaration) {
          const { prop, value } = declaration
          if (!value.includes('px') || value.includes('url(')) return
          const grown = inShares(prop, value)
          if (grown !== value) declaration.value = grown
        },
      },
    ],
  },
}

/** `12px` is `0.75rem`; up to two pixels is a line, and a line is a line on any glass. */
export const inShares = (prop: string, value: string): string =>
  prop.startsWith('outline') || /^border(-(top|right|bottom|left|block|inline|width|style)|$)/.test(prop)
    ? value
    : value.replace(/(?<![\w#-])(-?\d*\.?\d+)px\b/g, (said, number: string) =>
        Math.abs(Number(number)) <= 2 ? said : `${Number((Number(number) / usual).toFixed(5))}rem`,
      )
