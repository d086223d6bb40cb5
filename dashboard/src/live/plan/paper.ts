/** Whether a drawing is lines on white paper, which may be light lines on dark paper at night, or a photograph, which may not. Pure. */

/** Of all pixels, how many are paper where only lines are drawn on it. */
const mostlyPaper = 0.6
/** Of 255: paper is at least so bright, and hardly any colour. */
const bright = 225
const colourless = 16

/** `rgba` as a canvas gives it; what is see-through is paper too. */
export function isOnPaper(rgba: ArrayLike<number>): boolean {
  const pixels = rgba.length / 4
  let paper = 0
  for (let at = 0; at < rgba.length; at += 4) {
    const [red = 0, green = 0, blue = 0, seen = 0] = [rgba[at], rgba[at + 1], rgba[at + 2], rgba[at + 3]]
    const [least, most] = [Math.min(red, green, blue), Math.max(red, green, blue)]
    if (seen < 16 || (least >= bright && most - least <= colourless)) paper++
  }
  return pixels > 0 && paper / pixels >= mostlyPaper
}

/** A look at a picture that has been loaded, small: more is not needed to tell paper. */
export function looksLikePaper(image: HTMLImageElement): boolean {
  const size = 96
  const context = new OffscreenCanvas(size, size).getContext('2d')
  if (!context) return false
  context.drawImage(image, 0, 0, size, size)
  return isOnPaper(context.getImageData(0, 0, size, size).data)
}
