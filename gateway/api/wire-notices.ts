/** Part of the wire: imports nothing but the wire. */
export type {}
