import jsqr from 'jsqr'
import type { Locator, Page } from 'playwright-core'
import type { QrDrawing } from '../../gateway/rounds/qr.ts'

/** A label as a camera sees it: so large, so turned, in so bad a light. Four bytes a dot. */
export interface Frame {
  readonly data: Uint8ClampedArray<ArrayBuffer>
  readonly width: number
  readonly height: number
}
export interface View {
  readonly width: number
  readonly height: number
  /** Dots to a square of the code. */
  readonly dots: number
  /** Radians. */
  readonly turned?: number
  /** From black to white is 255; so much of it is chance. */
  readonly noise?: number
  /** 1: full light. */
  readonly light?: number
  /** Which chance it is. */
  readonly look?: number
}

export function pictureOf({ size, path }: QrDrawing, view: View): Frame {
  const { width, height, dots, turned = 0, noise = 0, light = 1, look = 0 } = view
  const dark = Array.from({ length: size }, () => new Uint8Array(size))
  for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g))
    dark[Number(y)]?.fill(1, Number(x), Number(x) + Number(run))
  const [across, along] = [Math.cos(turned) / dots, Math.sin(turned) / dots]
  const data = new Uint8ClampedArray(width * height * 4).fill(255)
  const chance = chances(7 + look)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [right, down] = [x - width / 2, y - height / 2]
      const column = Math.floor(across * right + along * down + size / 2)
      const row = Math.floor(across * down - along * right + size / 2)
      const isOnLabel = row >= 0 && row < size && column >= 0 && column < size
      // The wall it hangs on is brighter on one side, as walls are.
      const shade = isOnLabel ? (dark[row]?.[column] ? 30 : 225) : 90 + (60 * x) / width
      data.fill(shade * light + (chance() - 0.5) * noise, (y * width + x) * 4, (y * width + x) * 4 + 3)
    }
  }
  return { data, width, height }
}

/** The same numbers every time. */
function chances(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state / 0x7fffffff
  }
}

/** A film of one picture, as a browser's pretended camera plays it: grey is all there is. */
export function filmOf({ data, width, height }: Frame): Buffer {
  const grey = Buffer.alloc(width * height)
  for (let dot = 0; dot < grey.length; dot++) grey[dot] = data[dot * 4] ?? 0
  const colour = Buffer.alloc((width * height) / 2, 128)
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F20:1 Ip A1:1 C420jpeg\nFRAME\n`), grey, colour])
}

/** What a reader nobody here wrote reads in a drawing as the browser shows it. */
export async function readDrawing(drawing: Locator): Promise<string | undefined> {
  const picture = (await drawing.screenshot()).toString('base64')
  // Black or white, one letter a dot: a picture is too much to carry over as a list of numbers.
  const { rows, width, height } = await drawing.page().evaluate(async encoded => {
    const image = new Image()
    image.src = `data:image/png;base64,${encoded}`
    await image.decode()
    const canvas = new OffscreenCanvas(image.width, image.height)
    const pen = canvas.getContext('2d')
    pen?.drawImage(image, 0, 0)
    const { data } = pen?.getImageData(0, 0, image.width, image.height) ?? { data: new Uint8ClampedArray() }
    let letters = ''
    for (let at = 0; at < data.length; at += 4) letters += (data[at] ?? 0) < 128 ? 'x' : ' '
    return { rows: letters, width: image.width, height: image.height }
  }, picture)
  const pixels = Uint8ClampedArray.from({ length: rows.length * 4 }, (_, at) => (at % 4 === 3 || rows[at >> 2] !== 'x' ? 255 : 0))
  return jsqr.default(pixels, width, height)?.data
}

/** A photograph of it, as a telephone takes one. */
export async function photoOf(page: Page, { data, width, height }: Frame) {
  const grey = Buffer.from(data.filter((_, at) => at % 4 === 0)).toString('base64')
  const encoded = await page.evaluate(
    async shot => {
      const board = new OffscreenCanvas(shot.width, shot.height)
      const pen = board.getContext('2d')
      if (!pen) throw new Error('no canvas')
      const shades = Uint8Array.from(atob(shot.grey), letter => letter.charCodeAt(0))
      const dots = pen.createImageData(shot.width, shot.height)
      for (let dot = 0; dot < shades.length; dot++)
        dots.data.fill(shades[dot] ?? 0, dot * 4, dot * 4 + 3).fill(255, dot * 4 + 3, dot * 4 + 4)
      pen.putImageData(dots, 0, 0)
      const bytes = new Uint8Array(await (await board.convertToBlob({ type: 'image/jpeg', quality: 0.8 })).arrayBuffer())
      let letters = ''
      for (const byte of bytes) letters += String.fromCharCode(byte)
      return btoa(letters)
    },
    { grey, width, height },
  )
  return { name: 'label.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(encoded, 'base64') }
}
