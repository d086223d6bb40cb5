import { z } from 'zod'
import { areKeys } from '../../accounts/push-subscriptions.ts'
import { notFound, Refusal } from '../problem.ts'
import { Answer, route } from '../route.ts'
import type { Call } from '../route.ts'
import { problem } from '../shapes.ts'

const tag = 'Notices'

const endpoint = z.url({ protocol: /^https?$/ }).max(2_000)
const subscription = z.object({
  endpoint,
  keys: z.object({ p256dh: z.string().max(200), auth: z.string().max(100) }).refine(areKeys, { message: 'not-push-keys' }),
  language: z.enum(['zh', 'en']),
})

const key = route({
  method: 'GET',
  url: '/api/v1/push/key',
  may: 'see',
  summary: "The gateway's public key (VAPID, RFC 8292), which a browser asks for when it signs up for messages",
  tag,
  answer: z.object({ key: z.string() }),
  answers: { 404: problem },
  async act({ house }) {
    return { key: await (house.webPush ?? noChannel()).key() }
  },
})

const subscribe = route({
  method: 'POST',
  url: '/api/v1/push/subscriptions',
  may: 'see',
  summary: 'Sign this browser up for the messages of the account; at most ten per account, the oldest goes',
  tag,
  body: subscription,
  largest: 8_192,
  answers: { 204: null, 400: problem, 403: problem, 404: problem },
  async act(call) {
    const account = accountOf(call)
    const { subscriptions } = call.house.webPush ?? noChannel()
    // A push service is always reached over TLS. One on this very machine is for trying things out, and only from this machine:
    // elsewhere anybody who may look could make the gateway knock at its own doors.
    const url = new URL(call.body.endpoint)
    if (url.protocol !== 'https:' && !(call.isLocal && isLoopback(url.hostname))) throw notHttps
    await subscriptions.add(account, call.body)
    return new Answer(204)
  },
})

const unsubscribe = route({
  method: 'DELETE',
  url: '/api/v1/push/subscriptions',
  may: 'see',
  summary: 'Sign this browser off',
  tag,
  body: z.object({ endpoint }),
  largest: 8_192,
  answers: { 204: null, 403: problem, 404: problem },
  async act(call) {
    const account = accountOf(call)
    const { subscriptions } = call.house.webPush ?? noChannel()
    if (!(await subscriptions.remove(account, call.body.endpoint))) throw notSubscribed
    return new Answer(204)
  },
})

/** A token belongs to the site and has no browser. */
function accountOf({ who }: Call): string {
  if (who?.via !== 'session') throw noBrowser
  return who.name
}

function noChannel(): never {
  throw notFound({
    zh: '现场文件里没有浏览器推送（channels 下写一个 kind: web-push）。',
    en: 'The site file has no browser push (write a channel with `kind: web-push`).',
  })
}

const noBrowser = new Refusal('not-allowed', { zh: '令牌没有浏览器，请登录后再试。', en: 'A token has no browser: sign in.' })
const notHttps = new Refusal('bad-request', {
  zh: '推送地址必须以 https:// 开头。',
  en: 'The push address must begin with https://.',
})
const notSubscribed = notFound({ zh: '这个浏览器没有订阅。', en: 'This browser is not signed up.' })

const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(host)

export const pushRoutes = [key, subscribe, unsubscribe]
