import type { Words } from '../../protocols/contract/driver.ts'
import type { FaultCode } from '../../protocols/contract/fault.ts'
import type { GapCause } from './gap-ledger.ts'

const faultWords: Readonly<Record<FaultCode, Words>> = {
  unreachable: { zh: '连不上', en: 'cannot be reached' },
  disconnected: { zh: '连接断开', en: 'disconnected' },
  timeout: { zh: '没有应答', en: 'no answer' },
  'device-silent': { zh: '设备没有应答', en: 'device silent' },
  refused: { zh: '设备拒绝', en: 'refused by the device' },
  'no-such-address': { zh: '设备没有这个地址', en: 'no such address in the device' },
  garbled: { zh: '数据出错', en: 'garbled data' },
  'wrong-reply': { zh: '应答对不上', en: 'reply to something else' },
  'not-a-number': { zh: '不是数值', en: 'not a number' },
  sentinel: { zh: '探头没有接上', en: 'no sensor connected' },
  'out-of-range': { zh: '数值不可能', en: 'impossible value' },
  'device-reported': { zh: '设备自报无效', en: 'marked invalid by the device' },
}

const ownWords: Readonly<Record<Exclude<GapCause, FaultCode>, Words>> = {
  power: { zh: '停电或机器重启', en: 'power cut or reboot' },
  'gateway-stopped': { zh: '网关未运行', en: 'gateway not running' },
  trimmed: { zh: '原始数据已到期删除', en: 'raw data removed' },
  damaged: { zh: '数据损坏', en: 'data damaged' },
  clock: { zh: '时钟被拨快', en: 'clock set forward' },
  'locked-out': { zh: '设备停用待修', en: 'equipment out of use' },
  'out-of-service': { zh: '已停用并有替代措施', en: 'out of service' },
  'bus-down': { zh: '线路中断', en: 'line down' },
  silent: { zh: '设备无数据', en: 'device silent' },
  'not-begun': { zh: '尚未开始记录', en: 'not yet recorded' },
}

/** What a cause is called, in a few words: for a column of a log and the legend of a chart. */
export const causeWords: Readonly<Record<GapCause, Words>> = { ...faultWords, ...ownWords }

export const stoppedProperly: Words = {
  zh: '网关被正常关闭，直到再次启动',
  en: 'the gateway was stopped properly, until it was started again',
}
export const stoppedAndRebooted: Words = {
  zh: '网关被正常关闭，其间机器重新启动过',
  en: 'the gateway was stopped properly; the machine was rebooted meanwhile',
}
export const cutOff: Words = {
  zh: '停电或机器重启：网关没有来得及关闭，机器重新启动过',
  en: 'power cut or reboot: the gateway had no time to stop, and the machine was booted anew',
}
export const killed: Words = {
  zh: '网关程序意外中断，机器没有重新启动',
  en: 'the gateway ended unexpectedly; the machine was not rebooted',
}
export const stoppedSomehow: Words = {
  zh: '网关没有运行，原因没有记录',
  en: 'no gateway was running; why was not recorded',
}
export const notRunning: Words = {
  zh: '网关已正常关闭，尚未再启动',
  en: 'the gateway was stopped properly and not started since',
}
export const recordsLost: Words = {
  zh: '历史数据文件损坏，已另存，此后从新文件记起',
  en: 'the file of readings was damaged and set aside; a new one was begun afterwards',
}
export const blocksLost: Words = {
  zh: '这段数据所在的块校验不符，已隔离',
  en: 'the blocks that held these readings do not match their checksums and are kept apart',
}
export const trimmedAway: Words = {
  zh: '原始读数已按保留期限或磁盘限额删除，有删除凭据；汇总仍在',
  en: 'the raw readings were removed by their retention or the disk budget, with a stub that says so; the summaries remain',
}
export const notBegun: Words = { zh: '这个测点此前没有任何读数', en: 'nothing was ever heard of this point before' }
export const lockedOut: Words = {
  zh: '设备因故障停用，等待维修合格',
  en: 'the equipment was out of use because of a fault, until a repair that passed',
}

export function lineDown(connection: string, code: unknown): Words {
  const why = typeof code === 'string' && Object.hasOwn(faultWords, code) ? faultWords[code as FaultCode] : undefined
  return why
    ? { zh: `线路 ${connection} 中断：${why.zh}`, en: `line ${connection} was down: ${why.en}` }
    : { zh: `线路 ${connection} 中断`, en: `line ${connection} was down` }
}

export function outOfService(reason: string, substitute: string): Words {
  if (reason === '') return { zh: '报警已停用', en: 'its alarm was out of service' }
  const [zh, en] = substitute === '' ? ['', ''] : [`；替代措施：${substitute}`, `; instead: ${substitute}`]
  return { zh: `已停用：${reason}${zh}`, en: `out of service: ${reason}${en}` }
}

/** By how many ms the clock was set forward. */
export function setForward(by: number): Words {
  const length = inWords(by)
  return {
    zh: `网关的时钟被拨快了 ${length.zh}，这段时间没有经过`,
    en: `the gateway's clock was set forward by ${length.en}; this time never passed`,
  }
}

function inWords(length: number): Words {
  const seconds = Math.round(length / 1_000)
  if (seconds < 120) return { zh: `${seconds} 秒`, en: `${seconds} s` }
  if (seconds < 7_200) return { zh: `${Math.round(seconds / 60)} 分钟`, en: `${Math.round(seconds / 60)} min` }
  const hours = Math.round(seconds / 360) / 10
  return { zh: `${hours} 小时`, en: `${hours} h` }
}
