import type { WireCodes, WireRoundPast } from '../../../../gateway/api/wire-rounds.ts'

/** A route with its rounds of the last 30 days; `none` where the gateway cannot be asked now. */
export async function askRound(id: string): Promise<WireRoundPast | 'none' | 'not-found'> {
  const response = await ask(`/${encodeURIComponent(id)}`)
  if (response?.status === 404) return 'not-found'
  return response?.ok ? ((await response.json()) as WireRoundPast) : 'none'
}

/** The labels of a route, for who administers. `origin` is how this browser reaches the gateway. */
export async function askCodes(id: string, origin: string): Promise<WireCodes | undefined> {
  const response = await ask(`/${encodeURIComponent(id)}/codes?${new URLSearchParams({ origin })}`)
  return response?.ok ? ((await response.json()) as WireCodes) : undefined
}

const ask = (path: string): Promise<Response | undefined> =>
  fetch(`/api/v1/rounds${path}`, { credentials: 'same-origin' }).catch(() => undefined)
