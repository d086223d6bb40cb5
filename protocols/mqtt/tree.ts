/** Values at topics or at filters, found by the other of the two (MQTT 3.1.1, chapter 4.7). */
export class TopicTree<V> {
  readonly #root: Branch<V> = {}

  at(path: string): V | undefined {
    let branch: Branch<V> | undefined = this.#root
    for (const level of path.split('/')) branch = branch?.below?.get(level)
    return branch?.value
  }

  set(path: string, value: V): void {
    let branch = this.#root
    for (const level of path.split('/')) {
      branch.below ??= new Map()
      let next = branch.below.get(level)
      if (!next) branch.below.set(level, (next = {}))
      branch = next
    }
    branch.value = value
  }

  /** Leaves no empty branches behind. */
  delete(path: string): void {
    const levels = path.split('/')
    const trail: Branch<V>[] = [this.#root]
    for (const level of levels) {
      const next = trail.at(-1)?.below?.get(level)
      if (!next) return
      trail.push(next)
    }
    delete trail.at(-1)?.value
    for (let depth = levels.length; depth > 0; depth--) {
      const branch = trail[depth]
      if (branch?.value !== undefined || branch?.below) return
      const above = trail[depth - 1]
      above?.below?.delete(levels[depth - 1] ?? '')
      if (above?.below?.size === 0) delete above.below
    }
  }

  /** The values whose path, taken as a filter, a message on `topic` reaches. */
  reaching(topic: string): V[] {
    const found: V[] = []
    const levels = topic.split('/')
    const isSystem = topic.startsWith('$')
    const walk = (branch: Branch<V>, depth: number): void => {
      const { below } = branch
      // A wildcard in front never reaches a `$` topic.
      const wild = depth > 0 || !isSystem
      const rest = wild ? below?.get('#')?.value : undefined
      if (rest !== undefined) found.push(rest)
      if (depth === levels.length) {
        if (branch.value !== undefined) found.push(branch.value)
        return
      }
      const exact = below?.get(levels[depth] ?? '')
      if (exact) walk(exact, depth + 1)
      const any = wild ? below?.get('+') : undefined
      if (any) walk(any, depth + 1)
    }
    walk(this.#root, 0)
    return found
  }

  /** The values whose path, taken as a topic, reaches a subscription to `filter`. */
  *under(filter: string): Generator<V> {
    yield* below(this.#root, filter.split('/'), 0, true)
  }
}

interface Branch<V> {
  below?: Map<string, Branch<V>>
  value?: V
}

function* below<V>(branch: Branch<V>, levels: readonly string[], depth: number, isRoot = false): Generator<V> {
  const level = levels[depth]
  if (level === undefined || level === '#') {
    if (branch.value !== undefined) yield branch.value
    if (level === undefined) return
  }
  if (level !== '#' && level !== '+') {
    const next = branch.below?.get(level)
    if (next) yield* below(next, levels, depth + 1)
    return
  }
  for (const [name, next] of branch.below ?? []) {
    if (isRoot && name.startsWith('$')) continue
    yield* below(next, levels, level === '#' ? depth : depth + 1)
  }
}
