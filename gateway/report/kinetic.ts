/** Activation energy that the pharmacopoeias take for the spoiling of medicines, kJ/mol (USP <1079.2>, EP 5.9). */
const activation = 83.144
/** kJ/(mol·K). */
const gasConstant = 8.3144e-3
const ratio = activation / gasConstant
const zero = 273.15

/** How fast goods spoil at a temperature in °C, in no unit: the figure that is averaged over time. */
export const kineticWeight = (celsius: number): number => Math.exp(-ratio / (celsius + zero))

/**
 * Mean kinetic temperature in °C: the constant temperature at which goods would have spoiled as much. `weighted` is the sum of each kinetic weight times how
 * long it lasted, `length` the sum of those lengths, in any one unit. It underweights cold by construction and never excuses freezing.
 */
export const kineticMean = (weighted: number, length: number): number | undefined =>
  length > 0 && weighted > 0 ? ratio / -Math.log(weighted / length) - zero : undefined
