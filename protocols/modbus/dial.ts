import type { Answer } from '../kit/answer.ts'
import { answered } from '../kit/answer.ts'
import { dialWire } from '../kit/wire.ts'
import type { ModbusConfig } from './config.ts'
import type { ModbusSession, SessionParts } from './session.ts'
import { TcpSession } from './tcp-session.ts'

export type DialSettings = Pick<ModbusConfig, 'line' | 'framing' | 'pauseAfterConnect'>

/** An open line with its framing, or why there is none: `unreachable`. */
export async function dialModbus(
  { line, framing, pauseAfterConnect }: DialSettings,
  parts: SessionParts,
  signal: AbortSignal,
): Promise<Answer<ModbusSession>> {
  const wire = await dialWire(line, signal)
  if (!wire.ok) return wire
  // A site without serial lines never loads the library for them.
  const session =
    framing === 'tcp'
      ? new TcpSession(wire.value, parts)
      : new (await import('./rtu-session.ts')).RtuSession(wire.value, line, parts)
  if (pauseAfterConnect > 0) {
    await new Promise<void>(resolve => {
      const cancel = parts.wall.after(pauseAfterConnect, resolve)
      signal.addEventListener('abort', () => (cancel(), resolve()), { once: true })
    })
  }
  return answered(session)
}
