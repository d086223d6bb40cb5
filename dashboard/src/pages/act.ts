import type { WireAlarm } from '../../../gateway/api/wire.ts'
import type { Desk } from '../desk.svelte.ts'
import type { Refusal } from '../http.ts'

/** What a person does about an alarm, as `POST /alarms/ID/…` takes it. */
export type Deed =
  | { readonly do: 'acknowledge'; readonly comment: string }
  | { readonly do: 'confirm'; readonly action: string }
  | {
      readonly do: 'shelve'
      /** ms */
      readonly for: number
      readonly reason: string
      readonly oneShot: boolean
      readonly second?: { readonly username: string; readonly password: string }
    }
  | { readonly do: 'unshelve' | 'reset' | 'return-to-service' }
  | {
      readonly do: 'out-of-service'
      readonly reason: string
      readonly substitute: string
      /** Domain time, ms. */
      readonly until: number
    }

/** Does it; what comes back is why it was not taken. The board shows the gateway's own word of it, never a guess. */
export async function act(desk: Desk, alarm: WireAlarm, deed: Deed): Promise<Refusal | undefined> {
  const answer = await desk.http.command(alarm.id, deed.do, bodyOf(deed))
  if (!answer.ok) return answer
  desk.live.take(answer.value)
  return undefined
}

function bodyOf(deed: Deed): Readonly<Record<string, unknown>> {
  switch (deed.do) {
    case 'acknowledge':
      return { comment: deed.comment }
    case 'confirm':
      return { action: deed.action }
    case 'shelve': {
      const { reason, oneShot, second } = deed
      return { for: `${Math.round(deed.for / 60_000)}m`, reason, oneShot, ...(second && { second }) }
    }
    case 'out-of-service':
      return { reason: deed.reason, substitute: deed.substitute, until: new Date(deed.until).toISOString() }
    default:
      return {}
  }
}
