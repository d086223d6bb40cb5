import type { Metric } from './decode.ts'
import type { DataType } from './value.ts'

export interface Known {
  /** Empty: the edge node itself. */
  readonly device: string
  readonly name: string
  readonly type: DataType
}

/** What the births of an edge node and of its devices have named: metrics by name, and by the alias that later messages use instead. */
export class NodeMetrics {
  readonly #names = new Map<string, ReadonlyMap<string, Known>>()
  readonly #aliases = new Map<bigint, readonly Known[]>()

  clear(): void {
    this.#names.clear()
    this.#aliases.clear()
  }

  /** A device is born, perhaps not for the first time: only what this birth names is known of it. */
  bear(device: string, metrics: readonly Metric[]): void {
    this.bury(device)
    const names = new Map<string, Known>()
    for (const { name, alias, type } of metrics) {
      if (name === undefined || type === undefined) continue
      const known = { device, name, type }
      names.set(name, known)
      if (alias !== undefined) this.#aliases.set(alias, [...(this.#aliases.get(alias) ?? []), known])
    }
    this.#names.set(device, names)
  }

  bury(device: string): void {
    this.#names.delete(device)
    for (const [alias, claims] of this.#aliases) {
      const left = claims.filter(claim => claim.device !== device)
      if (left.length === 0) this.#aliases.delete(alias)
      else if (left.length < claims.length) this.#aliases.set(alias, left)
    }
  }

  /** An alias is unique over the whole edge node; one that is not stands for nothing. */
  find(device: string, { name, alias }: Metric): Known | 'unknown' | 'ambiguous' {
    const names = this.#names.get(device)
    if (!names) return 'unknown'
    const named = name === undefined ? undefined : names.get(name)
    if (alias === undefined || (named && !this.#aliases.has(alias))) return named ?? 'unknown'
    const [claim, second] = this.#aliases.get(alias) ?? []
    if (second) return 'ambiguous'
    if (!claim || claim.device !== device || (name !== undefined && claim.name !== name)) return 'unknown'
    return claim
  }

  claimants(alias: bigint | undefined): readonly Known[] {
    return alias === undefined ? [] : (this.#aliases.get(alias) ?? [])
  }
}
