import { execFileSync } from 'node:child_process'
import jsQR from 'jsqr'

/** What a phone reads in the code on a page of a PDF. */
export function readQr(file: string, page: number): string | undefined {
  const at = String(page)
  const picture = execFileSync('pdftoppm', ['-r', '150', '-f', at, '-l', at, file], { maxBuffer: 1e9 })
  // A PPM: `P6`, width, height, 255, and three bytes a dot.
  const [head = '', width = '0', height = '0'] =
    /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(picture.subarray(0, 60).toString('latin1')) ?? []
  const dots = Number(width) * Number(height)
  const colors = new Uint8ClampedArray(dots * 4)
  for (let dot = 0; dot < dots; dot++) {
    colors.set(picture.subarray(head.length + dot * 3, head.length + dot * 3 + 3), dot * 4)
    colors[dot * 4 + 3] = 255
  }
  const read = jsQR as unknown as typeof jsQR.default
  return read(colors, Number(width), Number(height))?.data
}
