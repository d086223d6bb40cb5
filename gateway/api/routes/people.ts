import { z } from 'zod'
import type { AccountChange, AccountRefusal } from '../../accounts/accounts.ts'
import type { Account, TokenRow } from '../../accounts/account.ts'
import { roles } from '../../accounts/permissions.ts'
import type { Words } from '../../../protocols/contract/driver.ts'
import { note } from '../note.ts'
import { notFound, Refusal } from '../problem.ts'
import type { ProblemKind } from '../problem.ts'
import { Answer, route } from '../route.ts'
import type { Call } from '../route.ts'
import { id as anId, page, problem, time, when } from '../shapes.ts'

const tag = 'Administration'
const may = 'administer'
const role = z.enum(roles)
const name = z.string().min(1).max(64)
const password = z.string().min(8).max(256)
const account = z.object({ username: z.string(), displayName: z.string(), role, disabled: z.boolean(), createdAt: time })
const byName = z.object({ name })

const users = route({
  method: 'GET',
  url: '/api/v1/users',
  may,
  summary: 'All accounts',
  tag,
  answer: page(account),
  async act(call) {
    return { items: (await call.accounts.list()).map(one => show(call, one)), next: null }
  },
})

const create = route({
  method: 'POST',
  url: '/api/v1/users',
  may,
  summary: 'Make an account',
  tag,
  body: z.object({ username: name, displayName: z.string().min(1).max(100).optional(), role, password }),
  answers: { 201: account, 400: problem, 409: problem },
  async act(call) {
    const { body } = call
    const made = done(await call.accounts.create(body.username, body.role, body.password, body.displayName))
    await audit(call, 'account.created', made.name, { role: made.role })
    return new Answer(201, show(call, made))
  },
})

const change = route({
  method: 'PATCH',
  url: '/api/v1/users/:name',
  may,
  summary: 'Change role, password or standing; the sessions of the account end at once',
  tag,
  params: byName,
  body: z.object({ role: role.optional(), password: password.optional(), disabled: z.boolean().optional() }),
  answer: account,
  answers: { 400: problem, 404: problem, 409: problem },
  async act(call) {
    const { accounts, params, body } = call
    let now = (await accounts.list()).find(one => one.name === params.name)
    if (now === undefined) throw refusal('no-such-account')
    if (body.role !== undefined && body.role !== now.role) {
      now = done(await accounts.setRole(params.name, body.role))
      await audit(call, 'account.role-changed', now.name, { role: now.role })
    }
    if (body.password !== undefined) {
      now = done(await accounts.setPassword(params.name, body.password))
      await audit(call, 'account.password-changed', now.name, {})
    }
    if (body.disabled !== undefined && body.disabled !== now.disabled) {
      now = done(await accounts.disable(params.name, body.disabled))
      await audit(call, now.disabled ? 'account.disabled' : 'account.enabled', now.name, {})
    }
    return show(call, now)
  },
})

const token = z.object({
  id: z.string(),
  name: z.string(),
  role,
  createdBy: z.string(),
  createdAt: time,
  expiresAt: time.nullable(),
})

const tokens = route({
  method: 'GET',
  url: '/api/v1/tokens',
  may,
  summary: 'All API tokens; never their secrets',
  tag,
  answer: page(token),
  async act(call) {
    return { items: (await call.accounts.listTokens()).map(one => showToken(call, one)), next: null }
  },
})

const createToken = route({
  method: 'POST',
  url: '/api/v1/tokens',
  may,
  summary: 'Make an API token scoped to a role; its secret is in this answer and nowhere else',
  tag,
  body: z.object({ name: anId, role, expiresAt: when.optional() }),
  answers: { 201: token.extend({ token: z.string() }), 400: problem },
  async act(call) {
    const { body, who } = call
    const made = await call.accounts.createToken(body.name, body.role, who?.name ?? '', body.expiresAt)
    await audit(call, 'token.created', made.token.id, { name: body.name, role: body.role })
    return new Answer(201, { ...showToken(call, made.token), token: made.secret })
  },
})

const revokeToken = route({
  method: 'DELETE',
  url: '/api/v1/tokens/:id',
  may,
  summary: 'Revoke a token; whoever uses it is refused at once',
  tag,
  params: z.object({ id: z.string().max(64) }),
  answers: { 204: null, 404: problem },
  async act(call) {
    const gone = await call.accounts.revokeToken(call.params.id)
    if (gone === undefined) throw notFound({ zh: '没有这个令牌。', en: 'There is no such token.' })
    await audit(call, 'token.revoked', gone.id, { name: gone.name })
    return new Answer(204)
  },
})

type Asked = Pick<Call, 'house' | 'who' | 'time'>
const audit = ({ house, who }: Asked, kind: string, about: string, data: Readonly<Record<string, unknown>>): Promise<void> =>
  note(house, { kind, by: who?.name ?? '', about, data })

const show = ({ time: iso }: Asked, { name: username, displayName, role: of, disabled, createdAt }: Account) => ({
  username,
  displayName,
  role: of,
  disabled,
  createdAt: iso(createdAt),
})
const showToken = ({ time: iso }: Asked, { id, name: of, role: scope, createdBy, createdAt, expiresAt }: TokenRow) => ({
  id,
  name: of,
  role: scope,
  createdBy,
  createdAt: iso(createdAt),
  expiresAt: expiresAt === undefined ? null : iso(expiresAt),
})

function done(result: AccountChange): Account {
  if (result.ok) return result.account
  throw refusal(result.why)
}

const reasons: Readonly<Record<AccountRefusal, readonly [ProblemKind, Words]>> = {
  'bad-name': ['bad-request', { zh: '用户名只能用文字、数字和 . _ @ -', en: 'A user name has letters, digits and . _ @ -' }],
  taken: ['conflict', { zh: '用户名已存在。', en: 'The user name is taken.' }],
  'weak-password': ['bad-request', { zh: '密码需 8 至 256 个字符。', en: 'A password has 8 to 256 characters.' }],
  'no-such-account': ['not-found', { zh: '没有这个账户。', en: 'There is no such account.' }],
  'last-admin': ['conflict', { zh: '这是最后一个管理员。', en: 'This is the last administrator.' }],
}
const refusal = (why: AccountRefusal): Refusal => new Refusal(...reasons[why])

export const peopleRoutes = [users, create, change, tokens, createToken, revokeToken]
