import type { WireAlarm } from '../../../gateway/api/wire.ts'
import type { Desk } from '../desk.svelte.ts'
import type { Refusal } from '../http.ts'

/** Answers an alarm; what comes back is why it was not taken. The board shows the gateway's own word of it, never a guess. */
export async function acknowledge(desk: Desk, alarm: WireAlarm, comment: string): Promise<Refusal | undefined> {
  const answer = await desk.http.acknowledge(alarm.id, comment)
  if (!answer.ok) return answer
  desk.live.take(answer.value)
  return undefined
}
