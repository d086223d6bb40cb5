/** What became of some lines. `refused`: the other side has looked at them and will not have them. `trouble`: asked again later it may. */
export type Sent =
  | { readonly is: 'taken' }
  | { readonly is: 'refused'; readonly why: string }
  | { readonly is: 'trouble'; readonly why: string; readonly retryAfter?: number }

/** The other side, as a forwarder sees it. */
export interface Peer {
  write(lines: readonly string[]): Promise<Sent>
  /** Lets go of what is under way. */
  close(): void
}

/** Lines one side of which was refused: which ones, once the others are there. */
export interface Parted {
  readonly refused: readonly { readonly line: string; readonly why: string }[]
  /** Something else came between; what is not refused may not be there. */
  readonly trouble?: Extract<Sent, { is: 'trouble' }>
}

/** So many refusals with nothing taken in between are not about single lines. */
const mostInVain = 24

/**
 * Sends lines of which some will be refused: halves what is refused until the line is alone. Where nothing is taken at all a line that is
 * certainly right goes alone: if that is refused too, it is trouble (a proxy, an address), and no reading is blamed for it. If it is taken, the
 * series of the refused ones are what is wrong, and the rest of them need not be asked for one by one.
 */
export async function sendApart(peer: Pick<Peer, 'write'>, lines: readonly string[], canary: string): Promise<Parted> {
  const refused: { line: string; why: string }[] = []
  const blamed = new Map<string, string>()
  const open: (readonly string[])[] = [lines]
  let isWell = false
  const lookForWell = async (): Promise<Extract<Sent, { is: 'trouble' }> | undefined> => {
    const sent = await peer.write([canary])
    isWell = sent.is === 'taken'
    if (sent.is === 'taken') return undefined
    return sent.is === 'trouble' ? sent : { is: 'trouble', why: `not one reading is taken: ${sent.why}` }
  }
  for (let part = open.pop(); part; part = open.pop()) {
    for (const line of part) {
      const why = blamed.get(seriesOf(line))
      if (why !== undefined) refused.push({ line, why })
    }
    const rest = part.filter(line => !blamed.has(seriesOf(line)))
    if (rest.length === 0) continue
    const sent = await peer.write(rest)
    if (sent.is === 'trouble') return { refused: isWell ? refused : [], trouble: sent }
    if (sent.is === 'taken') isWell = true
    else if (rest.length === 1) refused.push({ line: rest[0] ?? '', why: sent.why })
    else {
      const half = Math.ceil(rest.length / 2)
      open.push(rest.slice(half), rest.slice(0, half))
    }
    if (isWell || refused.length < mostInVain) continue
    const trouble = await lookForWell()
    if (trouble) return { refused: [], trouble }
    for (const { line, why } of refused) blamed.set(seriesOf(line), why)
  }
  const trouble = isWell ? undefined : await lookForWell()
  return trouble ? { refused: [], trouble } : { refused }
}

/** Measurement and tags of a line: up to the first space that is not escaped. */
export const seriesOf = (line: string): string => /^(?:\\.|[^ \\])*/.exec(line)?.[0] ?? ''
