/** How many lines round a change are shown. */
const context = 3
/** Texts with more differing lines than this are shown as one change. */
const most = 2_000

interface Step {
  readonly sign: ' ' | '-' | '+'
  readonly line: string
}

/** Two texts as a unified diff, as `diff -u` writes it and `patch` takes it; empty where they are the same. Pure. */
export function unifiedDiff(name: string, before: string, after: string): string {
  if (before === after) return ''
  const steps = stepsOf(linesOf(before), linesOf(after))
  const hunks = hunksOf(steps)
  return [`--- ${name}`, `+++ ${name}`, ...hunks.flatMap(hunk => show(steps, hunk)), ''].join('\n')
}

/** Each with its end, so that a last line without one is another line than the same with one. */
const linesOf = (text: string): readonly string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

function stepsOf(before: readonly string[], after: readonly string[]): readonly Step[] {
  let head = 0
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1
  let tail = 0
  const shorter = Math.min(before.length, after.length) - head
  while (tail < shorter && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1
  const same = (line: string): Step => ({ sign: ' ', line })
  return [
    ...before.slice(0, head).map(same),
    ...changed(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map(same),
  ]
}

/** The longest common lines of two lists, and what goes and comes between them. */
function changed(before: readonly string[], after: readonly string[]): readonly Step[] {
  const [n, m] = [before.length, after.length]
  if (n === 0 || m === 0 || n > most || m > most) return [...gone(before), ...come(after)]
  const width = m + 1
  const longest = new Uint16Array((n + 1) * width)
  const at = (i: number, j: number): number => longest[i * width + j] ?? 0
  for (let i = n - 1; i >= 0; i -= 1)
    for (let j = m - 1; j >= 0; j -= 1)
      longest[i * width + j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const steps: Step[] = []
  let [i, j] = [0, 0]
  while (i < n && j < m) {
    const [old = '', now = ''] = [before[i], after[j]]
    if (old === now) {
      steps.push({ sign: ' ', line: old })
      i += 1
      j += 1
    } else if (at(i + 1, j) >= at(i, j + 1)) {
      steps.push({ sign: '-', line: old })
      i += 1
    } else {
      steps.push({ sign: '+', line: now })
      j += 1
    }
  }
  return [...steps, ...gone(before.slice(i)), ...come(after.slice(j))]
}

const gone = (lines: readonly string[]): readonly Step[] => lines.map(line => ({ sign: '-', line }))
const come = (lines: readonly string[]): readonly Step[] => lines.map(line => ({ sign: '+', line }))

interface Hunk {
  readonly from: number
  /** Behind the last step. */
  readonly to: number
}

/** Changes with the lines round them; those that touch are one. */
function hunksOf(steps: readonly Step[]): readonly Hunk[] {
  const hunks: Hunk[] = []
  for (const [index, { sign }] of steps.entries()) {
    if (sign === ' ') continue
    const from = Math.max(0, index - context)
    const to = Math.min(steps.length, index + 1 + context)
    const last = hunks.at(-1)
    if (last && from <= last.to) hunks[hunks.length - 1] = { from: last.from, to }
    else hunks.push({ from, to })
  }
  return hunks
}

function show(steps: readonly Step[], { from, to }: Hunk): readonly string[] {
  const count = (part: readonly Step[], but: '-' | '+'): number => part.filter(({ sign }) => sign !== but).length
  const [above, inside] = [steps.slice(0, from), steps.slice(from, to)]
  const [oldCount, newCount] = [count(inside, '+'), count(inside, '-')]
  // Where nothing stands, the line before it is named.
  const oldStart = count(above, '+') + (oldCount > 0 ? 1 : 0)
  const newStart = count(above, '-') + (newCount > 0 ? 1 : 0)
  return [
    `@@ -${oldStart},${oldCount} +${newStart},${newCount} @@`,
    ...inside.flatMap(({ sign, line }) =>
      line.endsWith('\n') ? [sign + line.slice(0, -1)] : [sign + line, '\\ No newline at end of file'],
    ),
  ]
}
