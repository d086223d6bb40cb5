import { isIP } from 'node:net'

/** A site file that cannot be played, in the words of the person who wrote it. */
export class CannotPlay extends Error {
  override readonly name = 'CannotPlay'
}

export type Settings = Readonly<Record<string, unknown>>

export const textOf = (settings: Settings, key: string): string | undefined => {
  const value = settings[key]
  return typeof value === 'string' ? value : undefined
}

/** Numbers may have come out of `${ENV}` as text. */
export function numberOf(settings: Settings, key: string): number | undefined {
  const value = settings[key]
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

export function oneOf<T extends string>(settings: Settings, key: string, known: readonly T[], otherwise: T, where: string): T {
  const value = settings[key]
  if (value === undefined) return otherwise
  const found = known.find(one => one === value)
  if (found === undefined)
    throw new CannotPlay(`${where}: ${key} ${String(value)} 不能模拟 · cannot be played, one of ${known.join(', ')}`)
  return found
}

/** Simulated devices never open a port to the network. */
export function loopback(host: string, where: string): string {
  const own = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
  if (own) return host === 'localhost' ? '127.0.0.1' : host
  throw new CannotPlay(
    `${where}: ${host} 不是本机回环地址，只能在 127.0.0.1 上模拟设备 · is not a loopback address; equipment is only simulated on 127.0.0.1`,
  )
}
