/** Geometry of the band gauge: where things stand on a scale drawn from 0 to 100. Pure. */
export interface Scale {
  readonly min: number
  readonly max: number
}

/** Place of a value on the scale in per cent, held inside; `off` says that the value lies beyond the drawn scale. */
export function place(scale: Scale, value: number): { readonly at: number; readonly off: 'below' | 'above' | undefined } {
  const span = scale.max - scale.min
  if (!(span > 0)) return { at: 50, off: undefined }
  const at = ((value - scale.min) / span) * 100
  if (at < 0) return { at: 0, off: 'below' }
  if (at > 100) return { at: 100, off: 'above' }
  return { at, off: undefined }
}

/** The allowed range; an open side runs to the end of the scale. `undefined` where nothing is limited. */
export function allowedBand(
  scale: Scale,
  limits: { readonly min?: number; readonly max?: number },
): { readonly from: number; readonly to: number } | undefined {
  if (limits.min === undefined && limits.max === undefined) return undefined
  const from = limits.min === undefined ? 0 : place(scale, limits.min).at
  const to = limits.max === undefined ? 100 : place(scale, limits.max).at
  return from <= to ? { from, to } : undefined
}

export interface Span {
  readonly min: number
  readonly max: number
}

/** The last hour as overlapping spans: where the value stood longer, the ghost is darker. */
export function ghost(scale: Scale, past: readonly Span[]): readonly { readonly from: number; readonly to: number }[] {
  return past.map(span => {
    const from = place(scale, span.min).at
    const to = place(scale, span.max).at
    // A value that did not move still leaves a mark one can see.
    return to - from < 1 ? { from: Math.max(0, from - 0.5), to: Math.min(100, from + 0.5) } : { from, to }
  })
}

/** Below this share of the scale the labels of both limits would run into each other. */
export const isNarrow = (band: { readonly from: number; readonly to: number }): boolean => band.to - band.from < 45
