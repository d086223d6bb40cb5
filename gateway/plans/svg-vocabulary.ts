/** What a drawing is made of. Nothing that is not named here leaves `cleanSvg`. */
const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

export const drawingElements = words(`
  svg g defs symbol use switch path rect circle ellipse line polyline polygon text tspan textPath linearGradient radialGradient stop
  clipPath mask pattern marker image style a
`)

/** Whoever has put one of these into a plan wants more than to draw: the file is refused, not mended. */
export const activeElements = words(`
  script foreignobject iframe object embed audio video canvas handler listener html body link meta form input base
`)

/** They may hold words; white space anywhere else is for people who read the file. */
export const wordyElements = words('text tspan textPath style')

/** They may point at another part of the drawing. */
export const pointingElements = words('use textPath linearGradient radialGradient pattern')

export const drawingAttributes = words(`
  id class style d points x y x1 y1 x2 y2 cx cy r rx ry fx fy fr dx dy rotate width height viewBox preserveAspectRatio version
  transform transform-origin gradientUnits gradientTransform spreadMethod offset pathLength
  patternUnits patternContentUnits patternTransform clipPathUnits maskUnits maskContentUnits
  markerUnits markerWidth markerHeight refX refY orient textLength lengthAdjust startOffset method spacing side
  alignment-baseline baseline-shift clip-path clip-rule clip color color-interpolation color-rendering direction display
  dominant-baseline fill fill-opacity fill-rule font font-family font-size font-size-adjust font-stretch font-style font-variant
  font-weight image-rendering isolation kerning letter-spacing marker marker-end marker-mid marker-start mask mask-type
  mix-blend-mode opacity overflow paint-order shape-rendering stop-color stop-opacity stroke stroke-dasharray stroke-dashoffset
  stroke-linecap stroke-linejoin stroke-miterlimit stroke-opacity stroke-width text-anchor text-decoration text-rendering
  unicode-bidi vector-effect visibility white-space word-spacing writing-mode
`)
