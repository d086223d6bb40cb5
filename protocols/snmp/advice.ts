import type { Words } from '../contract/driver.ts'
import type { Memory } from './ask.ts'
import type { SnmpConfig } from './config.ts'
import { otherIndex } from './decode.ts'
import type { Doctor } from './doctor.ts'
import { nameOf } from './names.ts'

/** What it looks like and what to try, the likeliest first. Nothing where all is well. */
export function advise(config: SnmpConfig, doctor: Doctor): Words[] {
  const { way, timeout } = config
  const { asked, answered, timeouts, garbled, late, failure } = doctor
  const advice: Words[] = []
  if (failure?.code === 'refused') advice.push(...refused(failure.detail))
  else if (failure?.code === 'unreachable') advice.push(noAgent)
  else if (answered === 0 && timeouts >= 2) advice.push(way.version === '2c' ? silentCommunity : silentUser)
  if (late.count > 0)
    advice.push({
      zh: `有 ${late.count} 个应答来晚了，最慢 ${late.slowest} 毫秒：把 timeout 写长（现为 ${timeout} 毫秒）`,
      en: `${late.count} answers came late, the slowest after ${late.slowest} ms: write a longer timeout (now ${timeout} ms).`,
    })
  else if (answered > 0 && timeouts * 20 > asked)
    advice.push({
      zh: `${Math.round((timeouts / asked) * 100)}% 的请求没有应答：网络丢包，或请求太长（写 most: 10 试试）`,
      en: `${Math.round((timeouts / asked) * 100)} % of the requests are not answered: the network loses datagrams, or they are too long (try most: 10).`,
    })
  if (garbled > 0)
    advice.push({
      zh: '收到过读不懂或不是给我们的应答：看最近的报文；可能有两台设备同一地址，或有人伪造',
      en: 'Answers came that make no sense or are not for us: look at the last frames; two devices with one address, or somebody forges them.',
    })
  if ([...doctor.refusals.keys()].some(why => why.includes(otherIndex)))
    advice.push({
      zh: '有的 OID 缺行号或行号不对：写 rows: one（或 highest、sum 等），网关自己找行',
      en: 'Some OIDs have a wrong index or none: write rows: one (or highest, sum, …) and the gateway finds the rows.',
    })
  return [...advice, ...openness(config)]
}

const noAgent: Words = {
  zh: '地址不通，或那台机器上没有开 SNMP：在设备的网页里打开 SNMP，核对 IP 和端口（通常 161）',
  en: 'Nobody is there, or SNMP is off on that machine: switch it on in the device’s web page, check address and port (mostly 161).',
}
const silentCommunity: Words = {
  zh: '没有应答。团体名不对时设备也不出声：核对 community、设备里允许访问的地址（要有网关的 IP）、SNMP 是否打开了 v2c、防火墙 UDP 161',
  en: 'No answer. A wrong community is met with silence too: check community, the device’s list of allowed addresses (the gateway’s must be in it), that v2c is on, and UDP 161 in firewalls.',
}
const silentUser: Words = {
  zh: '没有应答：核对地址、SNMP v3 是否打开、设备里允许访问的地址、防火墙 UDP 161；写了 context 的先删去试试',
  en: 'No answer: check the address, that SNMP v3 is on, the device’s list of allowed addresses, and UDP 161 in firewalls; try without context.',
}

function refused(detail: string): Words[] {
  if (detail.includes('unknownUserNames'))
    return [
      {
        zh: '设备不认识这个用户：核对 username（区分大小写）',
        en: 'The device does not know this user: check username (capitals matter).',
      },
    ]
  if (detail.includes('wrongDigests'))
    return [
      {
        zh: '签名不对：核对 password 和 auth（设备上选的是 SHA-1 还是 SHA-256？）',
        en: 'The signature is wrong: check password and auth (is the device set to SHA-1 or SHA-256?).',
      },
    ]
  if (detail.includes('decryptionErrors'))
    return [
      {
        zh: '解不开密：核对 encryptPassword 和 encrypt（AES-256 有两种，另一种写 aes256-cisco）',
        en: 'It cannot decrypt: check encryptPassword and encrypt (there are two AES-256; the other one is aes256-cisco).',
      },
    ]
  if (detail.includes('unsupportedSecLevels'))
    return [
      {
        zh: '设备给这个用户设的级别不同：要加密的写 encrypt 和 encryptPassword，只认证的删去它们',
        en: 'The device has another level for this user: write encrypt and encryptPassword where it encrypts, remove them where it only signs.',
      },
    ]
  return []
}

/** What an open conversation means. */
function openness({ way }: SnmpConfig): readonly Words[] {
  if (way.version === '2c')
    return [
      {
        zh: 'v2c：团体名和读数都是明文，谁都能冒充设备。设备支持时改用 version: 3 加 encrypt；设备上只给只读团体名',
        en: 'v2c: community and values go in the clear, and anybody can pretend to be the device. Use version: 3 with encrypt where it can; give a read-only community only.',
      },
    ]
  const { auth, privacy } = way.credentials
  if (!auth)
    return [
      {
        zh: '没有认证：谁都能冒充设备。写 auth 和 password',
        en: 'Nothing is signed: anybody can pretend to be the device. Write auth and password.',
      },
    ]
  if (auth.by === 'md5')
    return [
      { zh: 'MD5 已不安全：设备支持时写 auth: sha256', en: 'MD5 is no longer safe: write auth: sha256 where the device can.' },
    ]
  return privacy ? [] : [{ zh: '没有加密：读数是明文', en: 'Nothing is encrypted: values go in the clear.' }]
}

/** What experience has taught of this agent. */
export function learned(most: number, memory: Memory): Words[] {
  const words: Words[] = []
  if (memory.most < most)
    words.push({
      zh: `一次最多问 ${memory.most} 个 OID（再多它不答）`,
      en: `At most ${memory.most} objects in one request: it does not answer more.`,
    })
  if (memory.repetitions < 10)
    words.push({ zh: `表格一次取 ${memory.repetitions} 行`, en: `${memory.repetitions} rows of a table in one request.` })
  if (!memory.bulk) words.push({ zh: '不会 GETBULK，表格一行一行问', en: 'It cannot do GETBULK: tables are asked row by row.' })
  for (const oid of [...memory.apart].slice(0, 10))
    words.push({
      zh: `${nameOf(oid)} 会让整个请求被拒，单独问`,
      en: `${nameOf(oid)} makes it refuse the whole request, and is asked alone.`,
    })
  return words
}
