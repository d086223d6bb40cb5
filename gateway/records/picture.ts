/** What a picture is by its own bytes, never by what the sender calls it. */
export interface Picture {
  readonly type: PictureType
  readonly width: number
  readonly height: number
}
export const pictureTypes = { 'image/jpeg': 'jpg', 'image/png': 'png', 'image/webp': 'webp' } as const
export type PictureType = keyof typeof pictureTypes

/** More than any phone takes: a picture of a few kilobytes can claim a size that no browser survives. */
const longestSide = 16_384
const mostPixels = 100_000_000

/**
 * Reads the frame of a picture: that it is of a kind we take, whole from its first to its last byte, and of a bearable size. What carries
 * something behind its end (a page, an archive) is not a picture to us. `undefined` when it is not one.
 */
export function pictureOf(bytes: Uint8Array): Picture | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const found = jpeg(view) ?? png(view) ?? webp(view)
  if (!found || found.width < 1 || found.height < 1) return undefined
  if (found.width > longestSide || found.height > longestSide || found.width * found.height > mostPixels) return undefined
  return found
}

/** Segments up to the picture's own data; the last two bytes end it (ITU-T T.81). */
function jpeg(view: DataView): Picture | undefined {
  const { byteLength } = view
  if (byteLength < 64 || view.getUint16(0) !== 0xffd8 || view.getUint16(byteLength - 2) !== 0xffd9) return undefined
  let size: Picture | undefined
  for (let at = 2; at + 4 <= byteLength;) {
    const marker = view.getUint16(at)
    const length = view.getUint16(at + 2)
    if (marker < 0xffc0 || length < 2 || at + 2 + length > byteLength) return undefined
    // Start of frame: C0–CF but for the tables C4, C8 and CC.
    const isFrame = marker <= 0xffcf && marker !== 0xffc4 && marker !== 0xffc8 && marker !== 0xffcc
    if (isFrame && length >= 8) size = { type: 'image/jpeg', height: view.getUint16(at + 5), width: view.getUint16(at + 7) }
    if (marker === 0xffda) return endsOnce(view, at + 2 + length) ? size : undefined
    at += 2 + length
  }
  return undefined
}

/** Nothing comes after the mark that ends the picture. Inside its data 0xff is always followed by 0x00 or a restart mark. */
function endsOnce(view: DataView, from: number): boolean {
  for (let at = from; at < view.byteLength - 2; at += 1) if (view.getUint16(at) === 0xffd9) return false
  return true
}

/** Chunks from IHDR to IEND without a byte behind (PNG third edition, §5). */
function png(view: DataView): Picture | undefined {
  const { byteLength } = view
  if (byteLength < 57 || view.getUint32(0) !== 0x89504e47 || view.getUint32(4) !== 0x0d0a1a0a) return undefined
  if (view.getUint32(8) !== 13 || view.getUint32(12) !== 0x49484452) return undefined
  for (let at = 8; at + 12 <= byteLength;) {
    const length = view.getUint32(at)
    if (view.getUint32(at + 4) === 0x49454e44)
      return at + 12 + length === byteLength
        ? { type: 'image/png', width: view.getUint32(16), height: view.getUint32(20) }
        : undefined
    at += 12 + length
  }
  return undefined
}

/** A RIFF container that is as long as it says, with one of the three first chunks (RFC 9649). */
function webp(view: DataView): Picture | undefined {
  const { byteLength } = view
  if (byteLength < 30 || view.getUint32(0) !== 0x52494646 || view.getUint32(8) !== 0x57454250) return undefined
  if (view.getUint32(4, true) + 8 !== byteLength) return undefined
  const type = 'image/webp'
  switch (view.getUint32(12)) {
    case 0x56503820: {
      const isKey = (view.getUint8(20) & 1) === 0 && view.getUint8(23) === 0x9d && view.getUint16(24) === 0x012a
      return isKey ? { type, width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff } : undefined
    }
    case 0x5650384c: {
      const bits = view.getUint32(21, true)
      return view.getUint8(20) === 0x2f ? { type, width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 } : undefined
    }
    case 0x56503858: {
      const three = (at: number): number => view.getUint16(at, true) + view.getUint8(at + 2) * 65_536 + 1
      return { type, width: three(24), height: three(27) }
    }
    default:
      return undefined
  }
}
