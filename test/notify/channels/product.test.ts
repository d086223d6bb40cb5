import { createECDH, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SMTPServer } from 'smtp-server'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { facility, person } from '../../kit/product.ts'
import { python, says, sink } from './kit.ts'
import type { Received } from './kit.ts'

/** A mail server that keeps what it gets, and says when. */
async function postOffice(heard: (mail: Buffer) => void): Promise<number> {
  const server = new SMTPServer({
    logger: false,
    authOptional: true,
    onData(stream, _, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        heard(Buffer.concat(chunks))
        done(null)
      })
    },
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise<void>(resolve => server.close(() => resolve())))
  return (server.server.address() as AddressInfo).port
}

test('the real product, as it ships, brings a trial message to its reader over every kind of channel', async () => {
  const arrived = new Map<string, PromiseWithResolvers<Buffer>>()
  const box = (id: string): PromiseWithResolvers<Buffer> => {
    const known = arrived.get(id) ?? Promise.withResolvers<Buffer>()
    arrived.set(id, known)
    return known
  }
  const world = await sink((response, { url, body }: Received) => {
    const id = url.split(/[/?]/)[1] ?? ''
    says(id === 'push' ? 201 : 200, { errcode: 0, code: 0, errmsg: 'ok', msg: 'ok' })(response)
    box(id).resolve(body)
  })
  const mail = await postOffice(raw => box('mail').resolve(raw))
  const installation = await facility()
  const file = join(installation.folder, 'site.yaml')
  await writeFile(
    file,
    `site: { id: greenhill, name: 青山小学 }
people:
  wang: { name: 王芳, account: admin, roles: [食堂主管], language: zh, phone: '13800000000', email: wang@example.org, wecom: WangFang, feishu: ou_1 }
channels:
  wecom: { kind: wecom, url: '${world.url}/wecom?key=k' }
  dingtalk: { kind: dingtalk, url: '${world.url}/dingtalk?access_token=k', secret: SEC0123456789 }
  feishu: { kind: feishu, url: '${world.url}/feishu', secret: 0123456789abc }
  sms: { kind: sms, url: '${world.url}/sms', body: { to: '{phone}', text: '{text}' }, success: { pointer: /code, equals: 0 } }
  hook: { kind: webhook, url: '${world.url}/hook', secret: 0123456789abcdef }
  mail: { kind: smtp, host: 127.0.0.1, port: ${mail}, security: none, from: '值守 <alarm@example.org>' }
  push: { kind: web-push }
connections:
  push: { protocol: http }
areas:
  canteen:
    name: 食堂
    equipment:
      cold-1: { type: fresh-keeping-cabinet, name: 1 号保鲜柜, connection: push, points: { temperature: {} } }
`,
  )
  const product = await installation.start(['--site', file])
  onTestFinished(() => installation.remove())
  const admin = await person(product.address)
  const browser = createECDH('prime256v1').generateKeys().toString('base64url')
  const signUp = await admin.send('POST', '/api/v1/push/subscriptions', {
    endpoint: `${world.url}/push`,
    keys: { p256dh: browser, auth: randomBytes(16).toString('base64url') },
    language: 'zh',
  })
  expect(signUp.status).toBe(204)
  const kinds = ['wecom', 'dingtalk', 'feishu', 'sms', 'hook', 'mail', 'push']

  for (const id of kinds) {
    const asked = await admin.send('POST', `/api/v1/channels/${id}/trial`, { person: 'wang' })
    expect([id, asked.status]).toEqual([id, 202])
  }

  const bodies = new Map(await Promise.all(kinds.map(async id => [id, await box(id).promise] as const)))
  const json = (id: string): Record<string, unknown> => JSON.parse(String(bodies.get(id))) as Record<string, unknown>
  expect(json('wecom')).toMatchObject({ msgtype: 'text', text: { mentioned_list: ['WangFang'] } })
  expect(json('dingtalk')).toMatchObject({ at: { atMobiles: ['13800000000'] } })
  expect(json('feishu')).toMatchObject({ msg_type: 'text' })
  expect(json('sms')).toMatchObject({ to: '13800000000' })
  expect(json('hook')).toMatchObject({ occasion: 'trial', person: { id: 'wang' }, site: { id: 'greenhill' } })
  const subject = python(
    `import email, email.policy
print(json.dumps(email.message_from_string(data, policy=email.policy.default)['subject']))`,
    String(bodies.get('mail')),
  )
  expect(subject).toMatch(/^\[青山小学\] /)
  expect(bodies.get('push')?.length).toBeGreaterThan(100)
  // What arrived is also known to have arrived.
  for (;;) {
    const { items } = (await admin.get('/api/v1/journal?kind=notice.delivered&limit=50')) as { items: { kind: string }[] }
    if (items.filter(({ kind }) => kind === 'notice.delivered').length >= kinds.length) break
  }
  expect(await product.stop()).toBe(0)
})
