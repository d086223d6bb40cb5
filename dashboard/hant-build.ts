import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Converter, Locale } from 'opencc-js'

/**
 * Makes the table from which the page shows 繁體中文: `node dashboard/hant-build.ts`, after another version of OpenCC's dictionaries was
 * installed. A test says when it has to be made anew.
 */
const file = fileURLToPath(new URL('src/words/hant/table.txt', import.meta.url))
const packageFile = fileURLToPath(new URL('../node_modules/opencc-js/package.json', import.meta.url))

/** OpenCC itself, with the characters of Hong Kong (`s2hk`). */
export const openCC = Converter({ from: 'cn', to: 'hk' })

export async function hantTable(): Promise<string> {
  const { segmentation, conversionChain } = Locale.configs['s2hk'] ?? {}
  const written = (lists: unknown): readonly string[] =>
    (lists as readonly string[]).flatMap(list => list.split('|')).map(entry => entry.split(' ')[0] ?? '')
  const characters = written(conversionChain?.flat()).flatMap(one => [...one])
  const single = new Map(characters.map(one => [one, openCC(one)]))
  const byCharacter = (text: string) => Array.from(text, one => single.get(one) ?? one).join('')
  const entries = [
    ...[...single].filter(([from, to]) => from !== to),
    ...written(segmentation).map(one => [one, openCC(one) === byCharacter(one) ? undefined : openCC(one)] as const),
  ].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const { version } = JSON.parse(await readFile(packageFile, 'utf8')) as { readonly version: string }
  let last = ''
  const lines = entries.map(([from, to]) => {
    let same = 0
    while (same < 9 && same < last.length && from[same] === last[same]) same++
    // Half a character cannot be written down.
    if (/[\ud800-\udbff]$/.test(from.slice(0, same))) same--
    last = from
    return `${same}${from.slice(same)}${to === undefined ? '' : ` ${to}`}`
  })
  return [
    '# Simplified to Traditional Chinese, made by dashboard/hant-build.ts from the dictionaries of OpenCC',
    `# (https://github.com/BYVoid/OpenCC, Apache License 2.0), configuration s2hk, as in opencc-js ${version}.`,
    ...lines,
    '',
  ].join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(file, await hantTable())
