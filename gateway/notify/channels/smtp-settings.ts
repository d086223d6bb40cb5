import { secretSchema } from './settings.ts'
import type { ChannelSettings } from './settings.ts'
import { oneLine } from './text.ts'

/** The mail server, and as whom to write. */
export interface SmtpSettings {
  readonly host: string
  readonly port: number
  /** `secure`: TLS from the first byte (465); `starttls`: raised to TLS before anything is said (587); `none`: plain. */
  readonly security: 'secure' | 'starttls' | 'none'
  readonly user?: string
  readonly password?: string
  readonly from: { readonly name: string; readonly address: string }
  /** PEM of whoever signed the server's certificate, beside those the system trusts. */
  readonly ca?: string
  readonly checksCertificate: boolean
}

/** An address that can stand in an envelope: nothing in it ends a line or begins another address. */
export const isAddress = (text: string): boolean => /^[^\s<>()[\],;:"\\@]+@[^\s<>()[\],;:"\\@]+$/.test(text) && text.length <= 254

const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|::1)$/.test(host)

/** Reads the settings; problems are with the reader. */
export function readSmtp(reader: ChannelSettings): SmtpSettings {
  const host = reader.requiredText('host', 'smtp.example.com')
  const security = reader.choice('security', ['secure', 'starttls', 'none'], 'secure')
  const user = reader.text('user')
  const password = reader.optionalSecret('password')
  if ((user === undefined) !== (password === undefined))
    reader.problem(
      [user === undefined ? 'password' : 'user'],
      { zh: 'user 和 password 要么都写，要么都不写', en: 'user and password belong together' },
      { zh: '两个都写上', en: 'write both' },
    )
  if (security === 'none' && password !== undefined && !isLoopback(host))
    reader.problem(
      ['security'],
      { zh: '密码会以明文发送', en: 'the password would travel in plain sight' },
      { zh: '写 security: starttls 或 secure', en: 'write security: starttls, or secure' },
      'password-in-plain',
    )
  const from = readFrom(reader)
  const ca = reader.text('ca')
  if (ca !== undefined && !ca.includes('-----BEGIN CERTIFICATE-----'))
    reader.problem(
      ['ca'],
      { zh: 'ca 不是 PEM 格式的证书', en: 'ca is no certificate in PEM' },
      {
        zh: "ca: '${MAIL_CA}'，并设 MAIL_CA_FILE=证书文件",
        en: "ca: '${MAIL_CA}', with MAIL_CA_FILE=the file of the certificate",
      },
    )
  return {
    host,
    port: reader.integer('port', { secure: 465, starttls: 587, none: 25 }[security], 1, 65_535),
    security,
    from,
    checksCertificate: reader.flag('checkCertificate', true),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(ca === undefined ? {} : { ca }),
  }
}

function readFrom(reader: ChannelSettings): SmtpSettings['from'] {
  const text = reader.requiredText('from', '值守 <alarm@school.example>')
  const [, name = '', address = text] = /^([^<>]*)<([^<>]+)>$/.exec(text.trim()) ?? []
  if (text !== '' && !isAddress(address.trim()))
    reader.problem(
      ['from'],
      { zh: 'from 不是邮箱地址', en: 'from is no mail address' },
      { zh: '例如 值守 <alarm@school.example>', en: 'for example Zhishou <alarm@school.example>' },
      'bad-value',
    )
  return { name: oneLine(name).replaceAll('"', ''), address: address.trim() }
}

export const smtpSchema = {
  host: { type: 'string', minLength: 1 },
  port: { type: 'integer', minimum: 1, maximum: 65_535 },
  security: { enum: ['secure', 'starttls', 'none'], default: 'secure' },
  user: { type: 'string' },
  password: secretSchema,
  from: { description: '值守 <alarm@school.example>', type: 'string' },
  ca: { description: 'PEM', type: 'string' },
  checkCertificate: { type: 'boolean', default: true },
} as const
