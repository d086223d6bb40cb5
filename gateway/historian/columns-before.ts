import { BadBytes } from './bytes.ts'
import type { ByteSource } from './bytes.ts'

// How columns were written in blocks and batches of versions 1 and 2: only read, never written any more.

const asWhole = 0
const asRaw = 1
const asDecimal = 2
const asSingleDecimal = 3

export function readTimes(source: ByteSource, count: number): number[] {
  if (form(source, asWhole, asRaw) === asRaw) return readRaw(source, count)
  const times: number[] = []
  let last = 0
  let step = 0
  for (const change of source.zigzags(count)) {
    step += change
    last += step
    times.push(last)
  }
  return times
}

export function readBeside(source: ByteSource, others: readonly number[]): number[] {
  if (form(source, asWhole, asRaw) === asRaw) return readRaw(source, others.length)
  const changes = source.zigzags(others.length)
  let last = 0
  return others.map((other, index) => {
    last += changes[index] ?? 0
    return other + last
  })
}

export function readValues(source: ByteSource, count: number): number[] {
  const kind = form(source, asDecimal, asSingleDecimal, asRaw)
  if (kind === asRaw) return readRaw(source, count)
  const decimals = source.u8()
  if (decimals > 9) throw new BadBytes('a scale that is never written')
  const scale = 10 ** decimals
  const values: number[] = []
  let last = 0
  for (const change of source.zigzags(count)) {
    last += change
    values.push(kind === asDecimal ? last / scale : Math.fround(last / scale))
  }
  return values
}

function readRaw(source: ByteSource, count: number): number[] {
  const planes = source.block(count * 8)
  const bytes = new Uint8Array(count * 8)
  for (let plane = 0; plane < 8; plane++) {
    for (let index = 0; index < count; index++) bytes[index * 8 + plane] = planes[plane * count + index] ?? 0
  }
  return Array.from(new Float64Array(bytes.buffer))
}

function form(source: ByteSource, ...known: readonly number[]): number {
  const kind = source.u8()
  if (!known.includes(kind)) throw new BadBytes(`a column of unknown form ${kind}`)
  return kind
}
