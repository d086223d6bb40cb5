interface Step {
  readonly of: unknown
  readonly undo: (() => void)[]
}

/** What has changed since it was last asked for, and how to take it back. Shared by everything that is kept together. */
export class Trace {
  #dirty = new Map<string, unknown>()
  #steps: Step[] = []
  #step: Step | undefined

  /** Changes made meanwhile can be taken back together, by what they followed from, until they are settled. */
  within(of: unknown, act: () => void): void {
    const step: Step = { of, undo: [] }
    this.#steps.push(step)
    this.#step = step
    act()
    this.#step = undefined
  }

  changed(key: string, value: unknown, undo: () => void): void {
    this.#dirty.set(key, value)
    this.#step?.undo.push(undo)
  }

  /** For the checkpoints: the newest value of every key that has changed. */
  take(): readonly { readonly key: string; readonly value: unknown }[] {
    if (this.#dirty.size === 0) return []
    const changed = [...this.#dirty].map(([key, value]) => ({ key, value }))
    this.#dirty = new Map()
    return changed
  }

  /** Takes back, the last first, the steps that `picks` names and that came after the one of `stays`. */
  takeBackAfter(stays: unknown, picks: (of: unknown) => boolean): void {
    const from = this.#steps.findLastIndex(({ of }) => of === stays) + 1
    const isGone = ({ of }: Step, index: number): boolean => index >= from && picks(of)
    for (const step of this.#steps.filter(isGone).toReversed()) for (const undo of step.undo.toReversed()) undo()
    this.#steps = this.#steps.filter((step, index) => !isGone(step, index))
  }

  /** It is written down, or kept for later: nothing of it is taken back any more. */
  settle(): void {
    this.#steps = []
  }
}

/** Values by id that live in the checkpoints under a prefix of their own. */
export class Kept<Id extends string, V> {
  readonly #prefix: string
  readonly #trace: Trace
  readonly #values = new Map<Id, V>()
  readonly #onChange: ((id: Id, now: V | undefined, before: V | undefined) => void) | undefined

  constructor(prefix: string, trace: Trace, onChange?: (id: Id, now: V | undefined, before: V | undefined) => void) {
    this.#prefix = prefix
    this.#trace = trace
    this.#onChange = onChange
  }

  get size(): number {
    return this.#values.size
  }
  get(id: Id): V | undefined {
    return this.#values.get(id)
  }
  has(id: Id): boolean {
    return this.#values.has(id)
  }
  values(): IterableIterator<V> {
    return this.#values.values()
  }
  entries(): IterableIterator<[Id, V]> {
    return this.#values.entries()
  }

  /** `undefined` removes it. */
  set(id: Id, value: V | undefined): void {
    const before = this.#values.get(id)
    if (before === undefined && value === undefined) return
    this.#put(id, value)
    this.#trace.changed(this.#prefix + id, value, () => this.#put(id, before))
  }

  /** It was never written: nothing has changed for the disk. */
  forget(id: Id): void {
    this.#put(id, undefined)
  }

  /** The same, where something was there before. */
  putBack(id: Id, value: V): void {
    this.#put(id, value)
  }

  /** Takes back what an earlier run wrote; rows that a failing disk has changed are left out. */
  restore(checkpoints: ReadonlyMap<string, unknown>, read: (value: unknown) => V | undefined): void {
    for (const [key, value] of checkpoints) {
      if (!key.startsWith(this.#prefix)) continue
      const row = read(value)
      if (row !== undefined) this.#put(key.slice(this.#prefix.length) as Id, row)
    }
  }

  #put(id: Id, value: V | undefined): void {
    const before = this.#values.get(id)
    if (value === undefined) this.#values.delete(id)
    else this.#values.set(id, value)
    this.#onChange?.(id, value, before)
  }
}
