import { isSparkplugId } from './topic.ts'

/** What a host says of its presence. */
export interface HostState {
  readonly host: string
  readonly online: boolean
  /** Ms since 1970; absent in the old form. */
  readonly timestamp?: number
}

/** Sparkplug 3.0 says `spBv1.0/STATE/ID` with JSON; 2.x says `STATE/ID` with plain ONLINE or OFFLINE. Anything else is none. */
export function parseState(topic: string, payload: Uint8Array): HostState | undefined {
  const [, host] = /^(?:spBv1\.0\/)?STATE\/([^/]+)$/.exec(topic) ?? []
  if (host === undefined || !isSparkplugId(host) || payload.length > 1_000) return undefined
  const text = new TextDecoder().decode(payload).trim()
  if (text === 'ONLINE' || text === 'OFFLINE') return { host, online: text === 'ONLINE' }
  try {
    const said: unknown = JSON.parse(text)
    if (typeof said !== 'object' || said === null || !('online' in said) || typeof said.online !== 'boolean') return undefined
    const timestamp = 'timestamp' in said && typeof said.timestamp === 'number' ? said.timestamp : undefined
    return { host, online: said.online, ...(timestamp === undefined ? {} : { timestamp }) }
  } catch {
    return undefined
  }
}
