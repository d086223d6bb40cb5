import type { Plugin } from 'vite'

/**
 * The first words stand in the page itself and are read before a style sheet or a script is there, which on a thin line takes half a minute.
 * Scripts wait for the style sheets wherever these stand.
 */
export function wordsFirst(): Plugin {
  return {
    name: 'zhishou-words-first',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html) {
        const sheets = html.match(/^ *<link rel="stylesheet"[^>]*>\n/gmu) ?? []
        const rest = sheets.reduce((left, sheet) => left.replace(sheet, ''), html)
        return rest.replace('  </body>', `${sheets.join('')}  </body>`)
      },
    },
  }
}
