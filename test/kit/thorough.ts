/**
 * `ZHISHOU_THOROUGH=1 npm test` repeats what is killed, bent or drawn at random as often as is asked before a release; a usual run a part of
 * that, so that it stays short on a machine of two cores that others use too.
 */
export const isThorough = process.env['ZHISHOU_THOROUGH'] === '1'

/** How often, thoroughly and usually. */
export const times = (thoroughly: number, usually = Math.ceil(thoroughly / 4)): number => (isThorough ? thoroughly : usually)
