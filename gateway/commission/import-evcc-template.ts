/** What became of a template's text: the lines of the branch for a plain meter, and the conditions nobody could decide. */
export interface Rendered {
  readonly text: string
  readonly unknown: readonly { readonly line: number; readonly said: string }[]
}

/**
 * Takes the branch of a plain meter at the grid out of a Go template and leaves the directives out, line for line, so that line numbers
 * stay. Conditions on `.usage` are decided; any other is taken as not met and named.
 */
export function rendered(template: string): Rendered {
  const unknown: { line: number; said: string }[] = []
  // For each open `if`: whether its branch is taken, and whether one of its branches was.
  const open: { taken: boolean; was: boolean }[] = []
  const lines = template.split('\n').map((line, index) => {
    const [, directive] = /^\s*\{\{-?\s*(.*?)\s*-?\}\}\s*$/.exec(line) ?? []
    if (directive === undefined) return open.every(({ taken }) => taken) ? withoutDirectives(line) : ''
    const [, word = '', rest = ''] = /^(if|else if|else|end|range|with|define|block)\b\s*(.*)$/.exec(directive) ?? []
    const top = open.at(-1)
    if (word === 'if') {
      const met = decide(rest)
      if (met === undefined) unknown.push({ line: index + 1, said: rest })
      open.push({ taken: met ?? false, was: met ?? false })
    } else if (word === 'range' || word === 'with' || word === 'define' || word === 'block')
      open.push({ taken: false, was: true })
    else if (word === 'else if' && top) {
      const met = !top.was && (decide(rest) ?? false)
      Object.assign(top, { taken: met, was: top.was || met })
    } else if (word === 'else' && top) Object.assign(top, { taken: !top.was, was: true })
    else if (word === 'end') open.pop()
    return ''
  })
  return { text: lines.join('\n'), unknown }
}

/** A value that a template fills in is whatever the user says; YAML sees a text. */
const withoutDirectives = (line: string): string => line.replace(/\{\{[^}]*\}\}/g, 'given')

/** `eq .usage "pv"` and its kin, for a meter at the grid. */
function decide(condition: string): boolean | undefined {
  const [, how, usage] = /^(eq|ne) \.usage "(\w+)"$/.exec(condition) ?? []
  if (how !== undefined) return (usage === 'grid') === (how === 'eq')
  const several = /^or \(eq \.usage "(\w+)"\) \(eq \.usage "(\w+)"\)$/.exec(condition)
  return several ? several.slice(1).includes('grid') : undefined
}
