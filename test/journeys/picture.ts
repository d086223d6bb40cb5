import type { Page } from 'playwright-core'

/** So many pixels each way are one: letters drawn a hair otherwise are the same, and a picture to keep is small. */
const block = 4

interface Difference {
  /** Where something else stands than before, in pixels of the screen; empty where nothing does. */
  readonly places: readonly { readonly x: number; readonly y: number; readonly width: number; readonly height: number }[]
  /** How much of the picture is otherwise, letters a hair beside their place included. */
  readonly share: number
}

/** What is kept of a picture: the mean colour of each block, as a PNG. Runs in a blank page, because a browser knows PNGs already. */
export async function coarse(page: Page, picture: Buffer): Promise<Buffer> {
  const kept = await page.evaluate(
    async ([source, size]) => {
      const image = new Image()
      image.src = `data:image/png;base64,${source}`
      await image.decode()
      const [wide, high] = [Math.floor(image.width / size), Math.floor(image.height / size)]
      const whole = new OffscreenCanvas(image.width, image.height).getContext('2d', { willReadFrequently: true })
      const canvas = new OffscreenCanvas(wide, high)
      const small = canvas.getContext('2d')
      if (!whole || !small) throw new Error('no canvas')
      whole.drawImage(image, 0, 0)
      const { data } = whole.getImageData(0, 0, image.width, image.height)
      const means = small.createImageData(wide, high)
      for (let y = 0; y < high; y++)
        for (let x = 0; x < wide; x++)
          for (let channel = 0; channel < 4; channel++) {
            let sum = 0
            for (let down = 0; down < size; down++)
              for (let across = 0; across < size; across++)
                sum += data[((y * size + down) * image.width + x * size + across) * 4 + channel] ?? 0
            means.data[(y * wide + x) * 4 + channel] = Math.round(sum / size / size)
          }
      small.putImageData(means, 0, 0)
      const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer())
      return Array.from(bytes, byte => String.fromCharCode(byte)).join('')
    },
    [picture.toString('base64'), block] as const,
  )
  return Buffer.from(kept, 'latin1')
}

/**
 * How two kept pictures differ. Blocks that differ one by one are letters drawn by another release of the browser; where most blocks of a
 * patch differ, something has moved, changed its colour, come or gone.
 */
export async function differenceOf(page: Page, before: Buffer, after: Buffer): Promise<Difference> {
  return page.evaluate(
    async ([one, other, size]) => {
      const read = async (source: string) => {
        const image = new Image()
        image.src = `data:image/png;base64,${source}`
        await image.decode()
        const context = new OffscreenCanvas(image.width, image.height).getContext('2d', { willReadFrequently: true })
        if (!context) throw new Error('no canvas')
        context.drawImage(image, 0, 0)
        return context.getImageData(0, 0, image.width, image.height)
      }
      const [a, b] = [await read(one), await read(other)]
      if (a.width !== b.width || a.height !== b.height)
        return { places: [{ x: 0, y: 0, width: b.width * size, height: b.height * size }], share: 1 }
      /** Of 255: less is not seen, and is what fonts differ by. */
      const slight = 14
      const differs = (x: number, y: number) =>
        [0, 1, 2].some(channel => {
          const at = (y * a.width + x) * 4 + channel
          return Math.abs((a.data[at] ?? 0) - (b.data[at] ?? 0)) > slight
        })
      const mask = Array.from({ length: a.width * a.height }, (_, at) => differs(at % a.width, Math.floor(at / a.width)))
      const patch = 4
      const most = patch * patch * 0.6
      const places: { x: number; y: number; width: number; height: number }[] = []
      for (let y = 0; y + patch <= a.height; y += 2)
        for (let x = 0; x + patch <= a.width; x += 2) {
          let count = 0
          for (let down = 0; down < patch; down++)
            for (let across = 0; across < patch; across++) if (mask[(y + down) * a.width + x + across]) count++
          if (count >= most) places.push({ x: x * size, y: y * size, width: patch * size, height: patch * size })
        }
      return { places, share: mask.filter(Boolean).length / mask.length }
    },
    [before.toString('base64'), after.toString('base64'), block] as const,
  )
}
