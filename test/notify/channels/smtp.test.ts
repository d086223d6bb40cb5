import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import fc from 'fast-check'
import { SMTPServer } from 'smtp-server'
import type { SMTPServerOptions } from 'smtp-server'
import { describe, expect, onTestFinished, test } from 'vitest'
import { instant, seconds } from '../../../protocols/contract/time.ts'
import { realClock } from '../../api/house.ts'
import { FakeClock } from '../../kit/fake-clock.ts'
import { selfSigned } from './certificate.ts'
import { li, message, never, noParts, open, prepare, python, wang, wrong } from './kit.ts'

const tls = selfSigned()
const at = instant(Date.UTC(2026, 8, 1, 4, 5, 6))
const wall = { ...realClock, now: () => at }

interface Mailbox {
  readonly port: number
  readonly mails: {
    readonly from: string
    readonly to: readonly string[]
    readonly raw: Buffer
    readonly secure: boolean
    readonly user: string | undefined
  }[]
}

const no = (responseCode: number, text: string): Error => Object.assign(new Error(text), { responseCode })

/** A real mail server on loopback (smtp-server, of the authors of nodemailer) that keeps what it takes. */
async function mailbox(more: SMTPServerOptions = {}): Promise<Mailbox> {
  const mails: Mailbox['mails'] = []
  const server = new SMTPServer({
    logger: false,
    authOptional: true,
    ...tls,
    onAuth: ({ username, password }, _, done) =>
      username === 'alarm@school.example' && password === 'p4ss-word'
        ? done(null, { user: username })
        : done(no(535, '5.7.8 Authentication failed')),
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        const from = mailFrom === false ? '' : mailFrom.address
        const raw = Buffer.concat(chunks)
        mails.push({ from, to: rcptTo.map(({ address }) => address), raw, secure: session.secure, user: session.user })
        done(null, '2.0.0 OK queued as 4XyZ')
      })
    },
    ...more,
  } as SMTPServerOptions)
  server.on('error', () => {})
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise<void>(resolve => server.close(() => resolve())))
  return { port: (server.server.address() as AddressInfo).port, mails }
}

const from = '值守 <alarm@school.example>'
const plain = (port: number, more: object = {}) =>
  open('smtp', { host: '127.0.0.1', port, security: 'none', from, ...more }, { wall })

/** What Python's own mail parser makes of the bytes that came. */
const parsed = (raws: readonly Buffer[]) =>
  python(
    `import email, email.policy, base64
def read(one):
    mail = email.message_from_bytes(base64.b64decode(one), policy=email.policy.default)
    body = mail.get_body(('plain',))
    return {'headers': {key.lower(): str(value).strip() for key, value in mail.items()}, 'defects': [repr(one) for one in mail.defects + body.defects],
            'type': body.get_content_type(), 'charset': body.get_content_charset(), 'text': body.get_content(), 'parts': len(list(mail.walk())),
            'longest': max(len(line) for line in base64.b64decode(one).split(b'\\r\\n'))}
print(json.dumps([read(one) for one in data]))`,
    raws.map(raw => raw.toString('base64')),
  ) as {
    headers: Record<string, string>
    defects: string[]
    type: string
    charset: string
    text: string
    parts: number
    longest: number
  }[]

describe('a mail', () => {
  test('arrives as a person can read it and a machine can tell it', async () => {
    const box = await mailbox()

    const delivery = await plain(box.port).send(message(), wang, never)

    expect(delivery).toEqual({ is: 'delivered', proof: '250 2.0.0 OK queued as 4XyZ' })
    expect(box.mails).toHaveLength(1)
    expect(box.mails[0]).toMatchObject({ from: 'alarm@school.example', to: ['wang@example.org'] })
    const [mail] = parsed(box.mails.map(({ raw }) => raw))
    expect(mail).toMatchObject({ defects: [], type: 'text/plain', charset: 'utf-8', parts: 1 })
    expect(mail?.headers).toMatchObject({
      from: '值守 <alarm@school.example>',
      to: 'wang@example.org',
      subject: '[青山小学] 1 号保鲜柜温度过高',
      'message-id': '<greenhill.N31.greenhill@school.example>',
      'auto-submitted': 'auto-generated',
      importance: 'high',
      date: 'Tue, 01 Sep 2026 04:05:06 +0000',
    })
    expect(mail?.text).toBe(`${message().text}\n处理：${message().link}\n`)
    expect(mail?.longest).toBeLessThan(998)
  })

  test('has the same Message-ID in every attempt, and says nothing of a repetition', async () => {
    const box = await mailbox()
    const channel = plain(box.port)
    await channel.send(message(), wang, never)
    await channel.send(message({ mayRepeat: true }), wang, never)
    await channel.send(message({ key: '一 <x>@y' }), wang, never)

    const mails = parsed(box.mails.map(({ raw }) => raw))

    expect(mails[1]?.headers['message-id']).toBe(mails[0]?.headers['message-id'])
    expect(mails[1]?.text).toBe(mails[0]?.text)
    expect(mails[2]?.headers['message-id']).toMatch(/^<[0-9a-f]{40}\.greenhill@school\.example>$/)
  })

  test('survives any subject and any text, and nothing in them becomes a header or another mail', async () => {
    const box = await mailbox()
    const channel = plain(box.port)
    const texts = fc.sample(
      fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ unit: 'grapheme', maxLength: 300 })),
      30,
    )
    const hostile = [
      '.\r\nQUIT\r\n',
      '\r\n.\r\nMAIL FROM:<x@y>\r\n',
      'a\r\nBcc: x@y.example',
      '.\n..\n...',
      'From me\n>From you',
      '=?utf-8?q?=0ABcc?=',
      'x'.repeat(5_000),
      '保鲜柜'.repeat(900),
    ]
    const all = [...texts, ...hostile]

    for (const text of all)
      expect((await channel.send(message({ title: text, text: `正文 ${text} 完` }), wang, never)).is).toBe('delivered')

    expect(box.mails.map(({ to }) => to)).toEqual(all.map(() => ['wang@example.org']))
    const mails = parsed(box.mails.map(({ raw }) => raw))
    const names = Object.keys(mails[0]?.headers ?? {}).toSorted()
    for (const [index, mail] of mails.entries()) {
      const text = all[index] ?? ''
      expect(Object.keys(mail.headers).toSorted()).toEqual(names)
      expect(mail.headers['bcc']).toBeUndefined()
      // oxlint-disable-next-line no-control-regex -- what no side takes
      const kept = text.replaceAll(/\r\n?/g, '\n').replaceAll(/[\u0000-\u0008\u000B-\u001F\u007F\uFFFE\uFFFF]/g, '')
      expect(mail.text).toContain(`正文 ${kept} 完`)
      const heading = kept.replaceAll(/\s+/g, ' ').trim()
      if (heading.length < 400)
        expect(mail.headers['subject']?.replaceAll(/\s/g, '')).toBe(`[青山小学]${heading}`.replaceAll(/\s/g, ''))
    }
  })

  test('is written to mail addresses alone', async () => {
    const box = await mailbox()
    const channel = plain(box.port)
    expect([channel.reaches(wang), channel.reaches(li)]).toEqual([true, false])
    for (const smtp of ['', 'wang', 'a@b, c@d', 'a@b>\r\nRCPT TO:<x@y', '"a b"@c', 'Wang <a@b>', `${'a'.repeat(250)}@b.cn`])
      expect([smtp, await channel.send(message(), { ...wang, handles: { smtp } }, never)]).toEqual([
        smtp,
        { is: 'refused', why: 'no mail address', fault: 'person' },
      ])
    expect(box.mails).toEqual([])
  })
})

describe('a mail server', () => {
  const account = { user: 'alarm@school.example', password: 'p4ss-word' }

  test('is raised to TLS, its certificate checked, before the password is said', async () => {
    const box = await mailbox({ authOptional: false })

    const delivery = await plain(box.port, { host: 'localhost', security: 'starttls', ca: tls.cert, ...account }).send(
      message(),
      wang,
      never,
    )

    expect(delivery.is).toBe('delivered')
    expect(box.mails[0]).toMatchObject({ secure: true, user: 'alarm@school.example' })
  })

  test('can speak TLS from the first byte', async () => {
    const box = await mailbox({ secure: true, authOptional: false })

    expect((await plain(box.port, { security: 'secure', ca: tls.cert, ...account }).send(message(), wang, never)).is).toBe(
      'delivered',
    )
    expect(box.mails[0]).toMatchObject({ secure: true })
  })

  test.each(['starttls', 'secure'] as const)(
    'with a certificate nobody signed gets nothing over %s, unless the site file says so',
    async security => {
      const box = await mailbox({ secure: security === 'secure', authOptional: false })

      const delivery = await plain(box.port, { security, ...account }).send(message(), wang, never)

      expect(delivery).toMatchObject({ is: 'failed', why: expect.stringContaining('certificate') })
      expect(box.mails).toEqual([])
      expect((await plain(box.port, { security, checkCertificate: false, ...account }).send(message(), wang, never)).is).toBe(
        'delivered',
      )
    },
  )

  test('with a certificate for another name gets nothing', async () => {
    const other = selfSigned('mail.elsewhere.example')
    const box = await mailbox({ ...other })

    const delivery = await plain(box.port, { host: 'localhost', security: 'starttls', ca: other.cert }).send(
      message(),
      wang,
      never,
    )

    expect([delivery.is, box.mails]).toEqual(['failed', []])
  })

  test('that cannot do STARTTLS gets nothing where it is asked for', async () => {
    const box = await mailbox({ hideSTARTTLS: true, disabledCommands: ['STARTTLS'] })

    const delivery = await plain(box.port, { security: 'starttls', checkCertificate: false }).send(message(), wang, never)

    expect(delivery).toMatchObject({ is: 'refused', fault: 'channel' })
    expect(box.mails).toEqual([])
  })

  test('that refuses the password is the fault of the channel, and the password is not in the reason', async () => {
    const box = await mailbox({
      authOptional: false,
      onAuth: ({ password }, _, done) => done(no(535, `5.7.8 ${password ?? ''} is wrong`)),
    })

    const delivery = await plain(box.port, {
      security: 'starttls',
      checkCertificate: false,
      user: 'x',
      password: 'not-the-one',
    }).send(message(), wang, never)

    expect(delivery).toMatchObject({ is: 'refused', fault: 'channel', why: expect.stringContaining('535') })
    expect(JSON.stringify(delivery)).not.toContain('not-the-one')
  })

  test('that cannot check the password now is tried again', async () => {
    const box = await mailbox({
      authOptional: false,
      onAuth: (_, __, done) => done(no(454, '4.7.0 Temporary authentication failure')),
    })

    const delivery = await plain(box.port, { security: 'starttls', checkCertificate: false, user: 'x', password: 'y' }).send(
      message(),
      wang,
      never,
    )

    expect(delivery).toMatchObject({ is: 'failed', why: expect.stringContaining('454') })
  })

  test.each([
    ['onRcptTo', 550, '5.1.1 no such user', 'refused', 'person'],
    ['onRcptTo', 550, 'mailbox unavailable', 'refused', 'person'],
    ['onRcptTo', 553, 'mailbox name not allowed', 'refused', 'person'],
    ['onRcptTo', 552, '5.2.2 mailbox full', 'refused', undefined],
    ['onRcptTo', 450, '4.2.0 greylisted, try again', 'failed', undefined],
    ['onRcptTo', 451, '4.3.0 later', 'failed', undefined],
    ['onMailFrom', 554, '5.7.1 relaying denied', 'refused', undefined],
    ['onMailFrom', 421, '4.3.2 too many connections', 'failed', undefined],
  ] as const)('that says at %s "%i %s" has %s it', async (step, code, text, is, fault) => {
    const box = await mailbox({ [step]: (_: unknown, __: unknown, done: (error: Error) => void) => done(no(code, text)) })

    const delivery = await plain(box.port).send(message(), wang, never)

    expect(delivery).toEqual({ is, why: `${code} ${text}`, ...(fault === undefined ? {} : { fault }) })
  })

  test('that refuses the mail once it has read it says so in the reason', async () => {
    const said = (code: number): SMTPServerOptions => ({
      onData(stream, _, done) {
        stream.resume()
        stream.on('end', () => done(no(code, 'content')))
      },
    })
    const [never5, later4] = [await mailbox(said(554)), await mailbox(said(452))]
    expect(await plain(never5.port).send(message(), wang, never)).toEqual({ is: 'refused', why: '554 content' })
    expect(await plain(later4.port).send(message(), wang, never)).toEqual({ is: 'failed', why: '452 content' })
  })
})

/** A TCP server that speaks its own lines. */
async function rude(
  act: (socket: Socket) => void,
): Promise<{ readonly port: number; readonly empty: () => Promise<unknown>; readonly server: Server }> {
  const closed: Promise<unknown>[] = []
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.resume()
    closed.push(new Promise<void>(resolve => socket.on('close', () => resolve())))
    act(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { port: (server.address() as AddressInfo).port, empty: () => Promise.all(closed), server }
}

describe('a mail server that misbehaves', () => {
  test('that is not there is told', async () => {
    const { port, server } = await rude(() => {})
    await new Promise<void>(resolve => server.close(() => resolve()))

    expect(await plain(port).send(message(), wang, never)).toEqual({ is: 'failed', why: 'nobody listens there (ECONNREFUSED)' })
  })

  test.each([
    ['cuts the line at once', (socket: Socket) => socket.destroy()],
    ['says nothing and hangs up', (socket: Socket) => socket.end()],
    ['speaks HTTP', (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['pours garbage', (socket: Socket) => socket.end('\u0000\u0001\u0002'.repeat(50_000))],
    ['greets and goes', (socket: Socket) => socket.end('220 hello\r\n')],
    ['is closed today', (socket: Socket) => socket.end('421 4.3.2 closed\r\n')],
  ])('that %s has not taken the mail', async (_, act) => {
    const { port, empty } = await rude(act)

    const delivery = await plain(port).send(message(), wang, never)

    expect(delivery.is).toBe('failed')
    await empty()
  })

  test.each([
    ['never greets', undefined],
    ['greets and then sleeps', '220 hello\r\n'],
  ])('that %s is given 15 seconds of real time, and nothing stays', async (_, greeting) => {
    const clock = new FakeClock()
    const come = Promise.withResolvers<void>()
    const { port, empty } = await rude(socket => {
      if (greeting !== undefined) socket.write(greeting)
      come.resolve()
    })
    const channel = prepare('smtp', { host: '127.0.0.1', port, security: 'none', from }).open({ ...noParts, wall: clock })
    const sent = channel.send(message(), wang, never)
    await come.promise

    await clock.passes(seconds(15))

    expect(await sent).toEqual({ is: 'failed', why: 'no answer within 15 s' })
    await empty()
    expect(clock.waiting).toBe(0)
  })

  test('is hung up on when the send is given up, and when the channel closes', async () => {
    const clock = new FakeClock()
    let come = Promise.withResolvers<void>()
    const { port, empty } = await rude(() => come.resolve())
    const channel = prepare('smtp', { host: '127.0.0.1', port, security: 'none', from }).open({ ...noParts, wall: clock })
    const stop = new AbortController()
    const first = channel.send(message(), wang, stop.signal)
    await come.promise
    stop.abort()
    expect(await first).toEqual({ is: 'failed', why: 'given up: the gateway stops' })
    expect(await channel.send(message(), wang, stop.signal)).toEqual({ is: 'failed', why: 'given up: the gateway stops' })

    come = Promise.withResolvers<void>()
    const second = channel.send(message(), wang, never)
    await come.promise
    await channel.close?.()

    expect((await second).is).toBe('failed')
    await empty()
    expect(clock.waiting).toBe(0)
  })

  test('that never says goodbye is left after a second, long after the mail is known to be delivered', async () => {
    const clock = new FakeClock()
    const left = Promise.withResolvers<void>()
    const { port, empty } = await rude(socket => {
      socket.write('220 hello\r\n')
      let inData = false
      socket.on('data', chunk => {
        const text = chunk.toString()
        if (inData) {
          if (!text.endsWith('\r\n.\r\n')) return
          inData = false
          socket.write('250 kept as 7\r\n')
        } else if (text.startsWith('DATA')) {
          inData = true
          socket.write('354 go on\r\n')
        } else if (text.startsWith('QUIT')) left.resolve()
        else socket.write('250 fine\r\n')
      })
    })
    const channel = prepare('smtp', { host: '127.0.0.1', port, security: 'none', from }).open({ ...noParts, wall: clock })

    expect(await channel.send(message(), wang, never)).toEqual({ is: 'delivered', proof: '250 kept as 7' })
    await left.promise
    await clock.passes(seconds(1))
    await empty()
    expect(clock.waiting).toBe(0)
  })
})

test('mistakes in the settings are told all at once', () => {
  const good = { host: 'mail.example.org', from }
  expect(wrong('smtp', {})).toEqual(['missing from', 'missing host'].toSorted((a, b) => b.localeCompare(a)))
  expect(wrong('smtp', { ...good, from: '值守', port: 0, security: 'tls' })).toEqual([
    'bad-value security',
    'bad-value from',
    'bad-value port',
  ])
  expect(wrong('smtp', { ...good, user: 'x' })).toEqual(['wrong-setting user'])
  expect(wrong('smtp', { ...good, password: 'x' })).toEqual(['wrong-setting password'])
  expect(wrong('smtp', { ...good, security: 'none', user: 'x', password: 'y' })).toEqual(['password-in-plain security'])
  expect(wrong('smtp', { ...good, ca: '/etc/ca.pem', checkCertificate: 'yes', colour: 'red' })).toEqual([
    'wrong-setting ca',
    'bad-value checkCertificate',
    'unknown-key colour',
  ])
  expect(wrong('smtp', { ...good, from: 'alarm@school.example', perMinute: 60 })).toEqual([])
})
