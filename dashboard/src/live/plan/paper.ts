/** Whether a picture is a drawing on white paper: what is mostly white, or not painted at all. A photograph is not. Pure. */
export function isPaper(pixels: ArrayLike<number>): boolean {
  let white = 0
  for (let at = 0; at + 3 < pixels.length; at += 4) {
    const [red = 0, green = 0, blue = 0, painted = 0] = [pixels[at], pixels[at + 1], pixels[at + 2], pixels[at + 3]]
    const isGrey = Math.max(red, green, blue) - Math.min(red, green, blue) < 24
    if (painted < 32 || (isGrey && Math.min(red, green, blue) > 200)) white += 1
  }
  return white * 4 > pixels.length / 2
}
