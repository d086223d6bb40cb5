import type { Words } from '../contract/driver.ts'
import type { Fault } from '../contract/fault.ts'
import type { StationSettings } from './config.ts'
import type { Figures } from './doctor.ts'
import { placeOf } from './frame.ts'
import type { BacnetPoint } from './points.ts'
import { labelOf } from './points.ts'
import type { Contact } from './talk.ts'
import { contradicts, unitOf } from './units.ts'

export interface Patient {
  readonly figures: Pick<Figures, 'asked' | 'answered' | 'timeouts' | 'nonsense'>
  readonly settings: StationSettings
  readonly contact: Contact | undefined
  /** Of its silence. */
  readonly why: Fault | undefined
  readonly twins: readonly string[]
  /** What the device says it does not have. */
  readonly absent: readonly string[]
  /** What the device says of the units of its values. */
  readonly units: readonly { readonly point: BacnetPoint; readonly unit: number }[]
}

/** What it looks like and what to try, the likeliest first. Nothing where all is well. */
export function advise({ figures, settings, contact, why, twins, absent, units }: Patient): Words[] {
  const advice: Words[] = []
  if (why) advice.push(silent(settings, figures.answered > 0, why))
  if (contact && twins.length > 0)
    advice.push({
      zh: `有两台设备都说自己是 ${settings.device}：${placeOf(contact.address)} 和 ${twins.join('、')}。给其中一台改实例号，或在设备下写 address`,
      en: `Two devices say to be ${settings.device}: ${placeOf(contact.address)} and ${twins.join(', ')}. Give one another instance number, or write address below the equipment.`,
    })
  if (absent.length > 0)
    advice.push({
      zh: `设备说没有：${absent.slice(0, 6).join('、')}。用扫描看它有哪些对象`,
      en: `The device says that it does not have ${absent.slice(0, 6).join(', ')}: a scan shows which objects it has.`,
    })
  for (const { point, unit } of units) {
    const { symbol, said } = point.unit ?? { symbol: '', said: true }
    if (!contradicts(unit, symbol)) continue
    const theirs = unitOf(unit) ?? ''
    advice.push(
      said
        ? {
            zh: `${labelOf(point)}：设备说单位是 ${theirs}，现场文件写的是 ${symbol}，按现场文件读。请核对一次`,
            en: `${labelOf(point)}: the device says ${theirs}, the site file says ${symbol} and is followed. Compare once with the display.`,
          }
        : {
            zh: `${labelOf(point)}：设备给的是 ${theirs}，这里要 ${symbol}。设备对就在点上写 unit: ${theirs}，设备设错了就写 unit: ${symbol}`,
            en: `${labelOf(point)}: the device gives ${theirs}, here it is ${symbol}. Write unit: ${theirs} at the point if the device is right, unit: ${symbol} if it is set up wrong.`,
          },
    )
  }
  if (!why && figures.answered > 0 && figures.timeouts * 50 >= figures.asked)
    advice.push({
      zh: `${Math.round((figures.timeouts / figures.asked) * 100)}% 的请求没有应答：MS/TP 总线忙或网络丢包，把 timeout 写长一些（现为 ${settings.timeout} 毫秒）`,
      en: `${Math.round((figures.timeouts / figures.asked) * 100)} % of the questions are not answered: a busy MS/TP bus, or packets are lost. Write a longer timeout (now ${settings.timeout} ms).`,
    })
  if (figures.nonsense * 20 > figures.asked)
    advice.push({
      zh: '应答常常不合 BACnet 编码：设备固件有错，或另一端根本不是 BACnet',
      en: 'Answers often are no proper BACnet: a fault of the device’s firmware, or it is something else altogether.',
    })
  return advice
}

function silent({ device, address, network }: StationSettings, answered: boolean, { code }: Fault): Words {
  if (code === 'wrong-reply')
    return {
      zh: '这个地址上是另一台设备：核对 device（实例号）和 address',
      en: 'Another device is at this address: check device (its instance number) and address.',
    }
  if (code === 'device-silent')
    return {
      zh: '路由器在，它到不了那个网络：查路由器的 MS/TP 一侧和网络号',
      en: 'The router is there and cannot reach that network: check its MS/TP side and the network number.',
    }
  if (answered)
    return {
      zh: '它刚才还应答：查设备电源和网络',
      en: 'It did answer before: check its power and its network.',
    }
  return address
    ? {
        zh: '没有应答：核对 IP 地址和端口（BACnet/IP 是 UDP 47808），看防火墙是否放行 UDP',
        en: 'No answer: check address and port (BACnet/IP is UDP 47808), and whether a firewall lets UDP through.',
      }
    : {
        zh: `没有设备说自己是 ${device ?? '？'}${network === undefined ? '' : `（网络 ${network}）`}：核对实例号；多块网卡时写 interface；设备在别的网段时写 address、host（路由器）或 bbmd，广播到不了那里`,
        en: `Nobody says to be ${device ?? '?'}${network === undefined ? '' : ` on network ${network}`}: check the instance number; with several network cards write interface; a device in another subnet is not reached by a broadcast: write its address, host for the router, or bbmd.`,
      }
}
