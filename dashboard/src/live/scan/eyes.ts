/** What reads a picture: the browser's own reader where there is one, else ours, which comes when it is needed. */
export type Eyes = (picture: CanvasImageSource, size: Size) => Promise<string | undefined>
export interface Size {
  readonly width: number
  readonly height: number
}

interface Detector {
  detect(picture: CanvasImageSource): Promise<readonly { readonly rawValue: string }[]>
}
interface Detectors {
  new (options: { formats: readonly string[] }): Detector
  getSupportedFormats(): Promise<readonly string[]>
}
const format = 'qr_code'

export async function openEyes(): Promise<Eyes> {
  const own = await browsersOwn()
  if (!own) return ourEyes()
  let ours: Eyes | undefined
  return async (picture, size) => {
    if (ours) return ours(picture, size)
    try {
      return (await own.detect(picture))[0]?.rawValue
    } catch {
      // It is there by name only, as on a telephone without the services of its maker.
      ours = await ourEyes()
      return ours(picture, size)
    }
  }
}

/** Not every browser has one (no iPhone, no Firefox), and the compiler knows it from none. */
async function browsersOwn(): Promise<Detector | undefined> {
  const { BarcodeDetector: Own } = globalThis as unknown as { readonly BarcodeDetector?: Detectors }
  try {
    const formats = (await Own?.getSupportedFormats()) ?? []
    return Own && formats.includes(format) ? new Own({ formats: [format] }) : undefined
  } catch {
    return undefined
  }
}

/** As large as it must be for a label at arm's length, and no larger: it is looked at many times a second. */
const longest = { frame: 960, photo: 2000 } as const

/** Rejects where it cannot be loaded. */
async function ourEyes(): Promise<Eyes> {
  const { readPixels } = await import('./decode.ts')
  return async (picture, size) => readPixels(pixelsOf(picture, size, longest.frame))
}

/** What stands on a photograph: larger than a frame, taken once, and so looked at in several sizes. */
export async function readPhoto(photo: Blob): Promise<string | undefined> {
  const [picture, { readPixels }] = await Promise.all([createImageBitmap(photo), import('./decode.ts')])
  for (const size of [longest.frame, longest.photo, 480]) {
    const text = readPixels(pixelsOf(picture, picture, size))
    if (text !== undefined) return text
  }
  return undefined
}

let board: HTMLCanvasElement | undefined
function pixelsOf(picture: CanvasImageSource, { width, height }: Size, most: number): ImageData {
  const scale = Math.min(1, most / Math.max(width, height))
  board ??= document.createElement('canvas')
  board.width = Math.max(1, Math.round(width * scale))
  board.height = Math.max(1, Math.round(height * scale))
  const pen = board.getContext('2d', { willReadFrequently: true })
  if (!pen) throw new Error('no canvas')
  pen.drawImage(picture, 0, 0, board.width, board.height)
  return pen.getImageData(0, 0, board.width, board.height)
}
