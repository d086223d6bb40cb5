import { crc32 } from 'node:zlib'
import { cleanSvg } from './svg.ts'
import type { SvgFault } from './svg.ts'

export const drawingTypes = { 'image/png': 'png', 'image/svg+xml': 'svg' } as const
export type DrawingType = keyof typeof drawingTypes
export const largestDrawing = 8 * 1024 * 1024
/** More than any screen shows: a picture of a few kilobytes can claim a size that no browser survives. */
export const longestSide = 8_192

export type DrawingFault = SvgFault | 'another-kind' | 'no-picture' | 'broken-png' | 'too-many-pixels' | 'too-narrow'

export type DrawingRead =
  | {
      readonly ok: true
      readonly type: DrawingType
      readonly width: number
      readonly height: number
      /** What is kept and shown: of an SVG only what draws. */
      readonly bytes: Uint8Array
      /** What of an SVG was left behind because it draws nothing, or moves. */
      readonly leftOut: readonly string[]
    }
  | { readonly ok: false; readonly why: DrawingFault; readonly detail: string; readonly line?: number }

/** A drawing by what its bytes say; its name and what the sender calls it count for nothing. */
export function drawingOf(bytes: Uint8Array): DrawingRead {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (startsWith(bytes, pngSignature)) return pngOf(bytes, view)
  const other = otherKinds.find(([, ...start]) => startsWith(bytes, start))
  if (other) return { ok: false, why: 'another-kind', detail: other[0] }
  const start = new TextDecoder('utf-8').decode(bytes.subarray(0, 4_096)).replace(/^\uFEFF/, '')
  // Whatever else begins as markup is told by the reader of SVG what is wrong with it.
  if (!/^\s*</.test(start)) return { ok: false, why: 'no-picture', detail: '' }
  const svg = cleanSvg(bytes)
  if (!svg.ok) return svg
  const { width, height, text, leftOut } = svg
  if (isTooNarrow(width, height)) return { ok: false, why: 'too-narrow', detail: `${width} × ${height}` }
  return { ok: true, type: 'image/svg+xml', width, height, bytes: new TextEncoder().encode(text), leftOut }
}

const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
/** What people try first, so that they are told what to do with it. */
const otherKinds: readonly (readonly [kind: string, ...start: number[]])[] = [
  ['JPEG', 0xff, 0xd8, 0xff],
  ['GIF', 0x47, 0x49, 0x46, 0x38],
  ['PDF', 0x25, 0x50, 0x44, 0x46],
  ['WebP', 0x52, 0x49, 0x46, 0x46],
  ['BMP', 0x42, 0x4d],
  ['TIFF', 0x49, 0x49, 0x2a, 0x00],
  ['TIFF', 0x4d, 0x4d, 0x00, 0x2a],
  ['DWG', 0x41, 0x43, 0x31, 0x30],
  ['SVGZ', 0x1f, 0x8b],
  ['ZIP', 0x50, 0x4b, 0x03, 0x04],
]
const startsWith = (bytes: Uint8Array, start: readonly number[]): boolean => start.every((byte, at) => bytes[at] === byte)

/** A corridor of one by twenty still shows something. */
const isTooNarrow = (width: number, height: number): boolean => Math.max(width, height) > 20 * Math.min(width, height)

/** Chunks from IHDR to IEND, each with its checksum, and not a byte behind (PNG third edition, §5). */
function pngOf(bytes: Uint8Array, view: DataView): DrawingRead {
  const broken = (detail: string): DrawingRead => ({ ok: false, why: 'broken-png', detail })
  const { byteLength } = view
  let size: { readonly width: number; readonly height: number } | undefined
  let hasPixels = false
  for (let at = 8; at + 12 <= byteLength;) {
    const length = view.getUint32(at)
    const type = view.getUint32(at + 4)
    const end = at + 12 + length
    if (end > byteLength) return broken('it ends too early')
    if (crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(end - 4)) return broken('a checksum does not fit')
    if (at === 8) {
      if (type !== IHDR || length !== 13) return broken('it does not begin with its size')
      size = { width: view.getUint32(at + 8), height: view.getUint32(at + 12) }
    }
    if (type === IDAT) hasPixels = true
    if (type === IEND) {
      if (end !== byteLength) return broken('something comes after its end')
      if (!size || !hasPixels || size.width < 1 || size.height < 1) return broken('there is no picture in it')
      const { width, height } = size
      const detail = `${width} × ${height}`
      if (Math.max(width, height) > longestSide) return { ok: false, why: 'too-many-pixels', detail }
      if (isTooNarrow(width, height)) return { ok: false, why: 'too-narrow', detail }
      return { ok: true, type: 'image/png', width, height, bytes, leftOut: [] }
    }
    at = end
  }
  return broken('it ends too early')
}
const IHDR = 0x49484452
const IDAT = 0x49444154
const IEND = 0x49454e44
