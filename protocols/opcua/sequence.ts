/** Sequence numbers go from 1 to 2³² − 1 and begin again at 1. */
const top = 0xffff_ffff
export const next = (number: number): number => (number >= top ? 1 : number + 1)
export const before = (number: number): number => (number <= 1 ? top : number - 1)
/** Whether `a` comes after `b`, the turn over the top counted: less than half a round ahead. */
export const isAfter = (a: number, b: number): boolean => a !== b && (a - b + top) % top < top / 2
