/** How far a hand reading may be off the sensor before somebody asks, by unit; `design`: two honest instruments differ by so much. */
const tolerances: Readonly<Record<string, number>> = {
  '°C': 1,
  '%RH': 5,
  'mg/L': 0.2,
  MPa: 0.05,
  kPa: 5,
  pH: 0.3,
  NTU: 0.3,
  m: 0.1,
}

/** Of a quantity that has no line above: so much of its scale. */
const shareOfScale = 0.05

/** The hand reading less what the sensor said, without the dust of binary fractions. */
export function differenceOf(
  value: number,
  sensor: number,
  { unit, range }: { readonly unit: string; readonly range: { readonly min: number; readonly max: number } },
): { readonly difference: number; readonly tolerance: number } {
  const tolerance = tolerances[unit] ?? shareOfScale * (range.max - range.min)
  return { difference: Number((value - sensor).toFixed(6)), tolerance: Number(tolerance.toFixed(6)) }
}
