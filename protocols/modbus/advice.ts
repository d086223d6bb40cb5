import type { Words } from '../contract/driver.ts'
import type { ModbusConfig, UnitSettings } from './config.ts'
import type { UnitFigures } from './doctor.ts'

export interface Patient {
  readonly config: Pick<ModbusConfig, 'line' | 'framing'>
  readonly settings: Pick<UnitSettings, 'timeout' | 'most'>
  readonly figures: UnitFigures
  /** Whether other units of the line answer. */
  readonly othersAnswer: boolean
  readonly alone: boolean
  /** The longest read that was planned. */
  readonly longest: number
}

/** What it looks like and what to try, the likeliest first. Nothing where all is well. */
export function advise(patient: Patient): Words[] {
  const { figures } = patient
  // A refusal is plain the first time; what was not heard may have been a chance.
  if (figures.asked < 2 && figures.answered === 0) return []
  const refused = [...figures.refusals.values()].reduce((sum, count) => sum + count, 0)
  const data = figures.answered - refused
  const advice: Words[] = []
  if (figures.answered === 0 && figures.timeouts > 0 && figures.garbled === 0 && figures.wrong === 0)
    advice.push(...silent(patient))
  if (figures.garbled > 0 && figures.garbled * 20 >= figures.asked) advice.push(garbled(patient))
  if (figures.wrong > 0) advice.push(wrong)
  if (data === 0) advice.push(...refusing(patient))
  if (data > 0 && figures.timeouts > 0 && figures.timeouts * 50 >= figures.asked) advice.push(flaky(patient))
  return advice
}

function silent({ config, othersAnswer, alone }: Patient): Words[] {
  if (othersAnswer) {
    return [
      {
        zh: '同一条线上别的从站有应答：查这台的电源、拨码地址和接线，再用扫描找它的地址',
        en: 'Other units of this line answer: check this one’s power, its address and its wires, and look for its address with a scan.',
      },
    ]
  }
  const who = alone ? { zh: '没有应答', en: 'Nothing answers' } : { zh: '整条线都没有应答', en: 'Nobody on this line answers' }
  if (config.line.via === 'serial') {
    return [
      {
        zh: `${who.zh}：先对调 A、B 两线，再核对波特率和格式（现为 ${config.line.baud} ${config.line.format}，常见 4800、9600 和 8N1、8E1），再核对地址`,
        en: `${who.en}: first swap the wires A and B, then check speed and format (now ${config.line.baud} ${config.line.format}; 4800 and 9600, 8N1 and 8E1 are usual), then the address.`,
      },
    ]
  }
  return [
    {
      zh: `${who.zh}，但网口接通了：核对从站地址；经过串口服务器时对调 A、B 线，核对它的波特率，并看该用 framing: ${config.framing === 'tcp' ? 'rtu（透传）' : 'tcp（它自己转换协议）'} 吗`,
      en: `${who.en}, though the port is open: check the unit id; behind a serial server swap A and B, check its speed, and whether it wants framing: ${config.framing === 'tcp' ? 'rtu (it passes bytes through)' : 'tcp (it translates by itself)'}.`,
    },
  ]
}

const garbled = ({ config, figures }: Patient): Words => {
  const isBytes = config.line.via === 'serial' || config.framing === 'rtu'
  if (isBytes && figures.answered * 4 >= figures.asked)
    return {
      zh: '字节常常读不懂，中间又有读得懂的，所以速率和格式没错：查两端 120 Ω 终端电阻、接头、屏蔽和接地，再看是不是两台设备同一站号',
      en: 'Bytes often make no sense, yet others in between do, so speed and format are right: check the 120 Ω terminators at both ends, the joints, the shield and the ground, and whether two devices have one address.',
    }
  return config.line.via === 'serial'
    ? {
        zh: `字节常常读不懂：核对波特率和校验位（现为 ${config.line.baud} ${config.line.format}）；只是偶尔的话，查两端 120 Ω 终端电阻、屏蔽和接地`,
        en: `Bytes often make no sense: check speed and parity (now ${config.line.baud} ${config.line.format}); if it is only now and then, the 120 Ω terminators at both ends, the shield and the ground.`,
      }
    : {
        zh: `字节常常读不懂：另一端可能说的是 framing: ${config.framing === 'tcp' ? 'rtu' : 'tcp'}，或根本不是 Modbus；串口服务器后面则核对波特率和校验位`,
        en: `Bytes often make no sense: the other side may speak framing: ${config.framing === 'tcp' ? 'rtu' : 'tcp'}, or no Modbus at all; behind a serial server check speed and parity.`,
      }
}

const wrong: Words = {
  zh: '有应答不是问它的：可能两台设备同一地址，线上还有别的主站，或设备比超时还慢（加大 timeout）',
  en: 'Answers come to something else: two devices with one address, another master on the line, or a device slower than its timeout (write a longer one).',
}

function refusing({ figures: { refusals }, longest }: Patient): Words[] {
  const only = (code: number): boolean => refusals.has(code) && refusals.size === 1
  if (refusals.has(11) || refusals.has(10)) {
    return [
      {
        zh: '网关在，它后面的这台设备没有应答（异常 10/11）：查设备电源、地址和网关那一侧的 A、B 线、波特率',
        en: 'The gateway lives, the unit behind it does not answer (exception 10 or 11): check its power and address, and A/B and the speed on the gateway’s serial side.',
      },
    ]
  }
  if (only(2)) {
    return [
      {
        zh: '在线，但每个地址都被拒绝（异常 2）：说明书的地址可能从 1 数起（都减 1 试试），或该用 table: input',
        en: 'It is there but refuses every address (exception 2): the manual may count from 1 (try one less), or the values are in table: input.',
      },
    ]
  }
  if (only(1)) {
    return [
      {
        zh: '设备没有这个功能（异常 1）：把 table 在 holding 和 input 之间换一下',
        en: 'The device does not know this function (exception 1): change table between holding and input.',
      },
    ]
  }
  if (only(3) && longest > 1) {
    return [
      {
        zh: `设备不接受这样长的读取（异常 3，最长 ${longest}）：写 most: 16，或 exact: true`,
        en: `The device does not accept reads of this length (exception 3, up to ${longest}): write most: 16, or exact: true.`,
      },
    ]
  }
  return []
}

const flaky = ({ figures, settings: { timeout } }: Patient): Words => {
  const share = Math.round((figures.timeouts / figures.asked) * 100)
  const slow = Math.max(0, ...figures.trips) > timeout * 0.6
  return slow
    ? {
        zh: `${share}% 的读取超时，而应答常要 ${Math.max(...figures.trips)} 毫秒：把 timeout 写长一些（现为 ${timeout} 毫秒）`,
        en: `${share} % of the reads time out, and answers take up to ${Math.max(...figures.trips)} ms: write a longer timeout (now ${timeout} ms).`,
      }
    : {
        zh: `${share}% 的读取没有应答：写 pause: 20ms 和 retries: 2；串口线查终端电阻和接头`,
        en: `${share} % of the reads are not answered: write pause: 20ms and retries: 2; on a serial line check terminators and joints.`,
      }
}
