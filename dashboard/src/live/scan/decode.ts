import { decodeQR } from 'qr/decode.js'

/** Ms that a second thought about one picture may take: there is another picture soon. */
const timeLimit = 40

/** The QR code in a picture, where the browser has no reader of its own; nothing where none can be read. */
export function readPixels(picture: {
  readonly data: Uint8ClampedArray
  readonly width: number
  readonly height: number
}): string | undefined {
  try {
    return decodeQR(picture, { timeLimit })
  } catch {
    // That there is no code in it is the ordinary case: nine frames of ten.
    return undefined
  }
}
