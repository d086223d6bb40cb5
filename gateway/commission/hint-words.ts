import type { Words } from '../../protocols/contract/driver.ts'
import type { FaultCode } from '../../protocols/contract/fault.ts'
import type { TriedPoint } from './tried.ts'

/** A value as people read it: the point's decimals where they say something, else the digits that matter. */
export function shown(value: number, { unit, decimals }: Pick<TriedPoint, 'unit' | 'decimals'>): string {
  const fixed = value.toFixed(decimals)
  const text = Math.abs(value) >= 1e9 || (value !== 0 && Number(fixed) === 0) ? value.toExponential(1) : fixed
  return unit === '' ? text : `${text} ${unit}`
}

/** What to look at when no value came, in the order in which it mostly helps. */
export const whatToTry: Readonly<Record<FaultCode, Words>> = {
  unreachable: {
    zh: '连不上这个地址。请核对 IP 地址和端口，看网关与设备是否在同一网段、网线灯是否亮；串口请核对路径，并确认没有别的程序占用。',
    en: 'Nothing can be reached at this address. Check the IP address and the port, that gateway and equipment are on the same network and the cable light is on; for a serial port check its path and that no other program has it.',
  },
  disconnected: {
    zh: '连上后又断开了。多数串口服务器只许一个程序连接：请看是否有别的软件占着，并核对它的工作模式（TCP Server）。',
    en: 'The connection was made and then closed. Most serial servers let in one program only: see whether another one holds it, and check that it works as a TCP server.',
  },
  timeout: {
    zh: '没有回答。请依次核对：设备有没有通电；站号（地址）对不对；RS-485 的 A、B 线是否接反；波特率和校验位（常见 9600 8N1、4800 8N1、9600 8E1）。走网络的设备：端口、防火墙、团体名或用户名，以及设备只许哪些地址来问。',
    en: 'No answer. Check in this order: is the equipment powered; is its unit number right; are the A and B wires of the RS-485 line swapped; speed and parity (mostly 9600 8N1, 4800 8N1 or 9600 8E1). On a network: port, firewall, community or user name, and which addresses the equipment lets in.',
  },
  'device-silent': {
    zh: '串口服务器答了，它后面的设备没有。请核对站号、设备供电、A/B 线，以及串口服务器上设置的波特率。',
    en: 'The serial server answers, the equipment behind it does not. Check the unit number, its power, the A and B wires, and the speed that is set in the serial server.',
  },
  refused: {
    zh: '设备拒绝了这次读取。请核对功能码（holding 或 input 表）、账号密码和设备的访问限制。',
    en: 'The equipment refuses this read. Check the table (holding or input), user name and password, and whom the equipment lets in.',
  },
  'no-such-address': {
    zh: '设备没有这个地址。Modbus：说明书从 1 数起时要减 1（40001 写 0），也可能在另一张表里（input 与 holding）。SNMP、BACnet、OPC UA：请核对 OID、对象号、节点号，用 scan 看设备里有什么。',
    en: 'The equipment has no such address. Modbus: where the manual counts from 1, write one less (40001 is 0), or it is in the other table (input instead of holding). SNMP, BACnet, OPC UA: check the OID, object or node; a scan shows what the equipment has.',
  },
  garbled: {
    zh: '收到了字节，但校验不对。多半是波特率或校验位不一致、总线两端缺终端电阻，或同一站号上有两台设备。',
    en: 'Bytes came, but their checksum is wrong. Mostly speed or parity differ, the bus lacks its terminating resistors, or two devices share one unit number.',
  },
  'wrong-reply': {
    zh: '答的不是这个问题。多半有别的主机同时在这条总线上问，或串口服务器把迟到的回答发了过来。',
    en: 'The answer belongs to another question. Mostly another master asks on the same bus, or the serial server delivers late answers.',
  },
  'not-a-number': {
    zh: '这个位置给出的不是数。请核对数据类型、字节顺序或 JSON 路径。',
    en: 'What stands there is no number. Check the data type, the byte order or the JSON path.',
  },
  sentinel: {
    zh: '设备给的是“没有探头”的代码。请检查探头接线，或是否选错了通道。',
    en: 'The equipment sends its code for "no sensor". Check the probe and its wires, or whether another channel is meant.',
  },
  'out-of-range': {
    zh: '这个值不是这种传感器能给出的。请核对地址、数据类型、字节顺序和倍率。',
    en: 'No such sensor can give this value. Check address, data type, byte order and scale.',
  },
  'device-reported': {
    zh: '设备自己说这个值不可信。请看设备面板上的故障提示。',
    en: 'The equipment itself marks this value as bad. Look at its own display for the fault.',
  },
}
