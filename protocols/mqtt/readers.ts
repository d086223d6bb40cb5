import type { DriverHost } from '../contract/driver.ts'
import type { Dialects } from './dialects.ts'
import { HomeAssistantIn } from './homeassistant-in-role.ts'
import type { MqttPoint } from './points.ts'
import type { Role } from './role.ts'
import { HostRole } from './sparkplug/host-role.ts'
import { TopicReader } from './topic-reader.ts'

/** Those who read the points of a connection, each its own kind. With a name, the Sparkplug host tells of its presence. */
export function readersOf(
  points: readonly MqttPoint[],
  { discoveryPrefix }: Pick<Dialects, 'discoveryPrefix'>,
  host: DriverHost,
  name?: string,
): readonly Role[] {
  const plain = points.filter(point => point.from === 'topic')
  const discovered = points.filter(point => point.from === 'discovery')
  const metrics = points.filter(point => point.from === 'sparkplug')
  return [
    new TopicReader(plain, host),
    ...(discovered.length > 0 ? [new HomeAssistantIn(discoveryPrefix, discovered, host)] : []),
    ...(metrics.length > 0 || name !== undefined
      ? [new HostRole({ host, points: metrics, ...(name === undefined ? {} : { name }) })]
      : []),
  ]
}
