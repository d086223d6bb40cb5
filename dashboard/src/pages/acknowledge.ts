import type { WireAlarm } from '../../../gateway/api/wire.ts'
import type { Desk } from '../desk.svelte.ts'
import type { Refusal } from '../http.ts'
import { act } from './act.ts'

/** Answers an alarm; what comes back is why it was not taken. */
export const acknowledge = (desk: Desk, alarm: WireAlarm, comment: string): Promise<Refusal | undefined> =>
  act(desk, alarm, { do: 'acknowledge', comment })
