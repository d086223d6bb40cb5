interface Part {
  readonly id: string | undefined
  readonly targets: readonly string[]
  readonly inside: Part[]
}

/**
 * How many shapes a browser has to draw: a part that is used ten times by a part that is used ten times is a hundred, and a few lines
 * that go on so would stop every screen.
 */
export class Weights {
  readonly #root: Part = { id: undefined, targets: [], inside: [] }
  readonly #open: Part[] = [this.#root]
  readonly #named = new Map<string, Part>()

  /** `targets` are `#id` of what it draws besides what is in it. */
  open(id: string | undefined, targets: readonly (string | undefined)[]): void {
    const part: Part = { id, targets: targets.flatMap(target => target?.slice(1) ?? []), inside: [] }
    this.#open.at(-1)?.inside.push(part)
    this.#open.push(part)
    // Of two with one id the first counts, as in browsers.
    if (id !== undefined && !this.#named.has(id)) this.#named.set(id, part)
  }

  close(): void {
    this.#open.pop()
  }

  /** `endless` where a part is made of itself. */
  total(): number | 'endless' {
    const known = new Map<Part, number>()
    const under = new Set<Part>()
    // With a stack of its own: a chain of uses may be as long as the file.
    const stack: { readonly part: Part; readonly rest: readonly Part[]; at: number; sum: number }[] = []
    const enter = (part: Part): boolean => {
      if (under.has(part)) return false
      under.add(part)
      const used = part.targets.flatMap(target => this.#named.get(target) ?? [])
      stack.push({ part, rest: [...part.inside, ...used], at: 0, sum: 1 })
      return true
    }
    enter(this.#root)
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const next = top.rest[top.at]
      if (!next) {
        stack.pop()
        under.delete(top.part)
        known.set(top.part, top.sum)
        const above = stack.at(-1)
        if (above) above.sum += top.sum
        continue
      }
      top.at += 1
      const weight = known.get(next)
      if (weight !== undefined) top.sum += weight
      else if (!enter(next)) return 'endless'
    }
    return known.get(this.#root) ?? 0
  }
}
