/**
 * JSON in one form only, after RFC 8785: keys sorted by UTF-16 code units, no white space, numbers as ECMAScript writes them.
 * Properties that are `undefined` are left out. Throws TypeError for what JSON cannot say (NaN, infinities, functions, bigints),
 * because a record that was quietly changed on the way proves nothing.
 */
export function canonical(value: unknown): string {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value)
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${value} has no place in the journal`)
      return JSON.stringify(value)
    case 'object':
      if (value === null) return 'null'
      if (Array.isArray(value)) return `[${value.map(item => canonical(item)).join(',')}]`
      return canonicalObject(value)
    default:
      throw new TypeError(`a ${typeof value} has no place in the journal`)
  }
}

function canonicalObject(value: object): string {
  const kind = Object.getPrototypeOf(value)
  if (kind !== null && kind !== Object.prototype) throw new TypeError(`a ${value.constructor.name} has no place in the journal`)
  // Default sort compares UTF-16 code units, which is what the RFC asks for.
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`
}
