/** Somebody else listens there. */
export class PortTaken extends Error {
  override readonly name = 'PortTaken'
  readonly host: string
  readonly port: number

  constructor(host: string, port: number) {
    super(`${host}:${port} is in use by another program`)
    this.host = host
    this.port = port
  }
}

/** The system does not give us this address: not of this machine, or not ours to take. `code` is its own word for it. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused'
  readonly code: string

  constructor(host: string, port: number, code: string) {
    super(`${host}:${port} cannot be listened on (${code})`)
    this.code = code
  }
}
