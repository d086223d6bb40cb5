import { SerialPort } from 'serialport'
import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import type { Answer } from './answer.ts'
import { answered, failed, whatWentWrong } from './answer.ts'
import type { LineSettings } from './line-settings.ts'
import type { Wire } from './wire.ts'

const parities = { N: 'none', E: 'even', O: 'odd' } as const

/** A serial port of this machine, or why it cannot be had: no such port, no right to it, another program's. */
export function openSerial(line: Extract<LineSettings, { via: 'serial' }>, signal: AbortSignal): Promise<Answer<Wire>> {
  const { path, baud, format } = line
  return new Promise(resolve => {
    const port = new SerialPort({
      path,
      baudRate: baud,
      dataBits: 8,
      parity: parities[format[1] as keyof typeof parities],
      stopBits: format.endsWith('2') ? 2 : 1,
      autoOpen: false,
      lock: true,
    })
    port.open(error => {
      if (error) return resolve(failed(fault('unreachable', `${path}: ${whatWentWrong(error)}`)))
      if (!signal.aborted) return resolve(answered(overPort(port)))
      port.close(() => resolve(failed(fault('unreachable', `${path}: given up.`))))
    })
  })
}

function overPort(port: SerialPort): Wire {
  let listener: (bytes: Uint8Array) => void = () => {}
  port.on('data', (bytes: Buffer) => listener(bytes))
  const ended = new Promise<Fault>(resolve => {
    let why = 'The serial port was closed.'
    port.on('error', error => {
      why = `The serial port broke: ${whatWentWrong(error)}.`
      if (port.isOpen) port.close()
    })
    port.once('close', (error: Error | null) =>
      resolve(fault('disconnected', error ? `The serial port is gone: ${whatWentWrong(error)}.` : why)),
    )
  })
  return {
    ended,
    send: bytes => void port.write(bytes),
    hear(next) {
      listener = next
    },
    close: () => (port.isOpen ? new Promise<void>(resolve => port.close(() => resolve())) : undefined),
  }
}
