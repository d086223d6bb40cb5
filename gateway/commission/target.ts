import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'

/**
 * Networks in which equipment stands: loopback, RFC 1918, link-local, shared address space (RFC 6598), and their IPv6 counterparts. What
 * lies outside is asked only after an explicit yes: a gateway is no scanner of the internet.
 */
const inside = new BlockList()
for (const [network, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
] as const)
  inside.addSubnet(network, bits, 'ipv4')
inside.addAddress('::1', 'ipv6')
inside.addSubnet('fc00::', 7, 'ipv6')
inside.addSubnet('fe80::', 10, 'ipv6')

/** An address as written, brackets and zone taken off; an IPv4 address inside IPv6 counts as itself. */
export function isPrivate(address: string): boolean {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1] ?? bare
  const family = isIP(mapped)
  return family !== 0 && inside.check(mapped, family === 6 ? 'ipv6' : 'ipv4')
}

/** Hosts that the settings of a connection name: `host`, or those of an `url`/`endpoint`. */
export function hostsOf(settings: Readonly<Record<string, unknown>>): readonly string[] {
  const named = [settings['host'], settings['broadcast']].filter(value => typeof value === 'string')
  const urls = [settings['url'], settings['endpoint'], settings['endpointUrl']].filter(value => typeof value === 'string')
  return [...named, ...urls.flatMap(url => hostOf(url) ?? [])].filter(host => host !== '')
}
// `opc.tcp:` and `mqtt:` are no schemes that `URL` takes apart everywhere.
const hostOf = (url: string): string | undefined => /^[a-z.+]+:\/\/(?:[^@/]*@)?(\[[^\]]+\]|[^:/?#]+)/i.exec(url)?.[1]

export type Resolve = (name: string) => Promise<readonly string[]>
const bySystem: Resolve = async name => (await lookup(name, { all: true })).map(({ address }) => address)

/** Hosts of these settings that lie outside private networks; a name that nobody knows cannot be reached, and is no danger. */
export async function outsiders(
  settings: Readonly<Record<string, unknown>>,
  resolve: Resolve = bySystem,
): Promise<readonly string[]> {
  const found = await Promise.all(
    hostsOf(settings).map(async host => {
      const bare = host.replace(/^\[|\]$/g, '')
      if (bare === '0.0.0.0' || bare === '::') return []
      if (isIP(bare.replace(/%.*$/, '')) !== 0) return isPrivate(bare) ? [] : [host]
      const addresses = await resolve(bare).catch(() => [])
      return addresses.every(isPrivate) ? [] : [host]
    }),
  )
  return found.flat()
}
