import { createHash } from 'node:crypto'
import type SMTPConnection from 'nodemailer/lib/smtp-connection'
import { minutes, seconds } from '../../../protocols/contract/time.ts'
import type { Millis } from '../../../protocols/contract/time.ts'
import type { Person } from '../../duty/duty.ts'
import type { Channel, ChannelParts, Delivery, Letter, Message } from '../channel.ts'
import type { ChannelKind } from '../channels.ts'
import { patience, reasonOf } from './http.ts'
import { perMinuteSchema, prepared } from './settings.ts'
import { isAddress, readSmtp, smtpSchema } from './smtp-settings.ts'
import type { SmtpSettings } from './smtp-settings.ts'
import { asText, bytes, excerpt, oneLine } from './text.ts'

/** The library's own words; `originalCode` is the system's. */
interface Failure extends Error {
  readonly code?: string
  readonly originalCode?: string
  readonly responseCode?: number
  readonly response?: string
}
const mailLimit = 100_000
/** Files take their time on a slow line. */
const longLetter = minutes(2)

/** One mail per message over a connection of its own; the Message-ID comes of the key, so that a server or reader drops a repetition. */
class Smtp implements Channel {
  readonly #settings: SmtpSettings
  readonly #parts: Pick<ChannelParts, 'wall' | 'site'>
  readonly #open = new Set<() => void>()
  readonly #secrets: readonly string[]

  constructor(settings: SmtpSettings, parts: Pick<ChannelParts, 'wall' | 'site'>) {
    this.#settings = settings
    this.#parts = parts
    const { user = '', password = '' } = settings
    const base64 = (text: string): string => Buffer.from(text).toString('base64')
    this.#secrets = password === '' ? [] : [password, base64(password), base64(`\0${user}\0${password}`)]
  }

  reaches({ handles }: Person): boolean {
    return handles['smtp'] !== undefined
  }

  async send(message: Message, person: Person, signal: AbortSignal): Promise<Delivery> {
    const to = person.handles['smtp']?.trim() ?? ''
    if (!isAddress(to)) return { is: 'refused', why: 'no mail address', fault: 'person' }
    if (signal.aborted) return { is: 'failed', why: 'given up: the gateway stops' }
    try {
      const mail = await this.#compose(message, to)
      const { default: Connection } = await import('nodemailer/lib/smtp-connection')
      return await this.#deliver(new Connection(this.#options()), mail, to, signal)
    } catch (error) {
      return { is: 'failed', why: excerpt(reasonOf(error), this.#secrets) }
    }
  }

  async mail(letter: Letter, to: string, signal: AbortSignal): Promise<Delivery> {
    if (!isAddress(to)) return { is: 'refused', why: 'no mail address', fault: 'person' }
    if (signal.aborted) return { is: 'failed', why: 'given up: the gateway stops' }
    try {
      const { default: MailComposer } = await import('nodemailer/lib/mail-composer')
      const composer = new MailComposer({
        ...this.#head(letter.key, letter.title, to),
        text: letter.text,
        textEncoding: 'base64',
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Zhishou-Occasion': 'log' },
        attachments: letter.files.map(({ name, type, bytes: content }) => ({
          filename: name,
          contentType: type,
          content: Buffer.from(content),
        })),
      })
      const mail = await composer.compile().build()
      const { default: Connection } = await import('nodemailer/lib/smtp-connection')
      return await this.#deliver(new Connection(this.#options(longLetter)), mail, to, signal, longLetter)
    } catch (error) {
      return { is: 'failed', why: excerpt(reasonOf(error), this.#secrets) }
    }
  }

  async close(): Promise<void> {
    for (const close of this.#open) close()
  }

  async #compose(message: Message, to: string): Promise<Buffer> {
    const { default: MailComposer } = await import('nodemailer/lib/mail-composer')
    const room = { most: mailLimit, measure: bytes }
    const composer = new MailComposer({
      ...this.#head(message.key, message.title, to),
      text: `${asText(message, room)}\n`,
      textEncoding: 'base64',
      // RFC 3834: no holiday notice answers a machine.
      headers: {
        'Auto-Submitted': 'auto-generated',
        'X-Zhishou-Occasion': message.occasion,
        ...(message.priority === 'high' ? { Importance: 'high', 'X-Priority': '1 (Highest)' } : {}),
      },
    })
    return composer.compile().build()
  }

  /** What every mail of ours has. */
  #head(key: string, title: string, to: string) {
    const { site, wall } = this.#parts
    const { from } = this.#settings
    return {
      from,
      to,
      subject: `[${oneLine(site.name)}] ${oneLine(title)}`.slice(0, 500).toWellFormed(),
      date: new Date(wall.now()),
      messageId: `<${idOf(key)}.${site.id}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`,
      disableFileAccess: true,
      disableUrlAccess: true,
    }
  }

  #options(within: Millis = patience): ConstructorParameters<typeof SMTPConnection>[0] {
    const { host, port, security, ca, checksCertificate } = this.#settings
    return {
      host,
      port,
      secure: security === 'secure',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      tls: { rejectUnauthorized: checksCertificate, ...(ca === undefined ? {} : { ca }) },
      // Our own deadline is shorter than these; they only bound what the library itself waits for.
      connectionTimeout: patience,
      greetingTimeout: patience,
      socketTimeout: within,
      dnsTimeout: patience,
      socketCloseTimeout: 0,
    }
  }

  #deliver(
    connection: SMTPConnection,
    mail: Buffer,
    to: string,
    signal: AbortSignal,
    within: Millis = patience,
  ): Promise<Delivery> {
    const { user, password, from } = this.#settings
    return new Promise(resolve => {
      const { wall } = this.#parts
      let cancel = (): void => {}
      const close = (): void => {
        cancel()
        this.#open.delete(close)
        connection.close()
      }
      const end = (delivery: Delivery): void => {
        signal.removeEventListener('abort', aborted)
        resolve(delivery)
        if (delivery.is !== 'delivered') close()
      }
      const aborted = (): void => end({ is: 'failed', why: 'given up: the gateway stops' })
      const fail = (error: Error): void => end(this.#judge(error))
      cancel = wall.after(within, () => end({ is: 'failed', why: `no answer within ${within / 1_000} s` }))
      signal.addEventListener('abort', aborted)
      this.#open.add(close)
      connection.on('error', fail)
      connection.on('end', () => {
        close()
        // With a 421 the library says first that it is over, and why right after.
        queueMicrotask(() => end({ is: 'failed', why: 'the connection was cut' }))
      })
      const send = (): void =>
        connection.send({ from: from.address, to }, mail, (error, info) => {
          if (error) return fail(error)
          end({ is: 'delivered', proof: excerpt(info?.response ?? '', this.#secrets) })
          // A polite end, for a server that takes part in it soon.
          cancel()
          cancel = wall.after(seconds(1), close)
          connection.quit()
        })
      connection.connect(error => {
        if (error) return fail(error)
        if (user === undefined) return send()
        connection.login({ credentials: { user, pass: password ?? '' } }, problem => (problem ? fail(problem) : send()))
      })
    })
  }

  #judge(error: Failure): Delivery {
    const { code, originalCode, responseCode, response } = error
    const words = response === undefined ? reasonOf({ code: originalCode ?? code }) : excerpt(response, this.#secrets)
    const isFinal = responseCode !== undefined && responseCode >= 500
    // Without a code of the server: it cannot sign us in at all.
    const isDoor = isFinal ? code === 'EAUTH' || code === 'ETLS' : code === 'ENOAUTH'
    if (isDoor) return { is: 'refused', why: words, fault: 'channel' }
    if (!isFinal) return { is: 'failed', why: words }
    // Class 5.1 speaks of addresses (RFC 3463); a server that has no such codes says 550 or 553 of them.
    const isOfAddress = /^5\d\d[ -]5\.1\.[0-6]\b/.test(response ?? '') || responseCode === 550 || responseCode === 553
    return { is: 'refused', why: words, ...(isOfAddress ? { fault: 'person' } : {}) }
  }
}

/** A key that could not stand in an address is told by its hash. */
const idOf = (key: string): string =>
  /^[\w-]+(\.[\w-]+)*$/.test(key) && key.length <= 64 ? key : createHash('sha256').update(key).digest('hex').slice(0, 40)

/** 电子邮件. */
export const smtpKind: ChannelKind = {
  kind: 'smtp',
  schema: {
    properties: { ...smtpSchema, perMinute: perMinuteSchema },
    required: ['host', 'from'],
  },
  prepare: (id, settings) =>
    prepared(id, 'smtp', settings, reader => {
      const read = readSmtp(reader)
      const perMinute = reader.perMinute(undefined)
      return { ...(perMinute === undefined ? {} : { perMinute }), open: ({ wall, site }) => new Smtp(read, { wall, site }) }
    }),
}
