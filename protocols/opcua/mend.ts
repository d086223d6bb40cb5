let mended: Promise<void> | undefined

/**
 * Mends node-opcua's transport, once for the process. When HEL or ACK has been read it takes its packet assembler away in the middle of the
 * bytes it is reading (`setLimits`); if what follows in the same segment is nonsense, that assembler's `error` has no listener any more and
 * ends the process: one packet from anybody, before any login, on either side (seen in 2.186.4; our test throws it). Whatever bytes make
 * the transport throw now ends their own connection and nothing else.
 */
export const mendTransport = (): Promise<void> => (mended ??= mend())

interface Transport {
  _on_socket_data(data: Uint8Array): void
  readonly _socket?: { destroy(): void } | null
}

async function mend(): Promise<void> {
  const { TCP_transport } = await import('node-opcua-transport')
  const transport = TCP_transport.prototype as unknown as Transport
  const read = transport._on_socket_data
  transport._on_socket_data = function (this: Transport, data) {
    try {
      read.call(this, data)
    } catch {
      this._socket?.destroy()
    }
  }
}
