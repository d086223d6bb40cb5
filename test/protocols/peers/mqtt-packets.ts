/** MQTT packets by hand: a hostile client uses no library, and shares no code with the broker. */
export const text = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value as string)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])
}

export const packet = (first: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  const length: number[] = []
  let rest = body.length
  do {
    length.push((rest % 128) | (rest > 127 ? 128 : 0))
    rest = Math.floor(rest / 128)
  } while (rest > 0)
  return Buffer.concat([Buffer.from([first, ...length]), body])
}

export interface Hello {
  readonly id?: string
  readonly user?: string
  readonly password?: string
  readonly will?: string
  readonly willPayload?: string | Buffer
  readonly clean?: boolean
  readonly level?: number
  readonly protocol?: string
  /** Replaces the flags that follow from the rest. */
  readonly flags?: number
  readonly keepAlive?: number
}
export const hello = ({
  id = 'x',
  user = 'evil',
  password = 'evil',
  will,
  willPayload = 'will',
  clean = true,
  level = 4,
  protocol = 'MQTT',
  flags = 0xc0 | (clean ? 2 : 0) | (will === undefined ? 0 : 4),
  keepAlive = 60,
}: Hello = {}): Buffer =>
  packet(
    0x10,
    text(protocol),
    Buffer.from([level, flags, keepAlive >> 8, keepAlive & 255]),
    text(id),
    ...(will === undefined ? [] : [text(will), text(willPayload)]),
    text(user),
    text(password),
  )

export const number = (id: number): Buffer => Buffer.from([id >> 8, id & 255])
export const say = (topic: string | Buffer, payload: string | Buffer = '66', retain = false): Buffer =>
  packet(retain ? 0x31 : 0x30, text(topic), Buffer.from(payload as string))
export const sayOnce = (qos: 1 | 2, id: number, topic: string, payload = '66', again = false): Buffer =>
  packet(0x30 | (qos << 1) | (again ? 8 : 0), text(topic), number(id), Buffer.from(payload))
export const hear = (filter: string | Buffer, qos = 1, id = 1): Buffer =>
  packet(0x82, number(id), text(filter), Buffer.from([qos]))
export const ack = (first: number, id: number): Buffer => packet(first, number(id))
export const ping = Buffer.from([0xc0, 0])
export const goodbye = Buffer.from([0xe0, 0])
