import { z } from 'zod'
import type { Who } from '../../accounts/accounts.ts'
import { permissionsOf } from '../../accounts/permissions.ts'
import { note } from '../note.ts'
import { Refusal } from '../problem.ts'
import { Answer, route } from '../route.ts'
import { problem, wireSession } from '../shapes.ts'
import type { WireSession } from '../wire.ts'

const tag = 'Session'
const credentials = z.object({ username: z.string().min(1).max(200), password: z.string().min(1).max(1_000) })

const signIn = route({
  method: 'POST',
  url: '/api/v1/session',
  may: 'anyone',
  summary: 'Sign in; the answer sets the session cookie',
  tag,
  body: credentials,
  largest: 16_384,
  answer: wireSession,
  answers: { 401: problem, 429: problem },
  async act({ accounts, house, body, address, session }) {
    const result = await accounts.signIn(body.username, body.password, address)
    if (!result.ok) {
      if (result.why === 'wait') throw tooMany(result.wait)
      await note(house, { kind: 'account.refused', by: 'system', about: body.username.slice(0, 64), data: { address } })
      throw new Refusal('wrong-credentials', { zh: '请检查后重试。', en: 'Check both and try again.' })
    }
    // Whoever signs in again leaves the session they had: an old token must not linger in the store.
    if (session !== undefined) await accounts.signOut(session)
    await note(house, { kind: 'account.signed-in', by: result.who.name, about: result.who.name, data: { address } })
    return new Answer(200, wire(result.who), { cookie: { token: result.token, expiresAt: result.expiresAt } })
  },
})

const show = route({
  method: 'GET',
  url: '/api/v1/session',
  may: 'see',
  summary: 'Who is signed in, and what this role may do',
  tag,
  answer: wireSession,
  act: ({ who }) => wire(who as Who),
})

const signOut = route({
  method: 'DELETE',
  url: '/api/v1/session',
  may: 'see',
  summary: 'Sign out',
  tag,
  answers: { 204: null },
  async act({ accounts, house, who, session }) {
    if (who?.via === 'session' && session !== undefined) {
      await accounts.signOut(session)
      await note(house, { kind: 'account.signed-out', by: who.name, about: who.name, data: {} })
    }
    return new Answer(204, undefined, { cookie: null })
  },
})

const changePassword = route({
  method: 'PUT',
  url: '/api/v1/session/password',
  may: 'see',
  summary: "Change one's own password; all sessions of the account end",
  tag,
  body: z.object({ current: z.string().min(1).max(1_000), password: z.string().min(8).max(256) }),
  answers: { 204: null, 401: problem, 429: problem },
  async act({ accounts, house, who, body, address }) {
    if (who?.via !== 'session') throw new Refusal('not-allowed', { zh: '令牌没有密码。', en: 'A token has no password.' })
    const proof = await accounts.signIn(who.name, body.current, address)
    if (!proof.ok && proof.why === 'wait') throw tooMany(proof.wait)
    if (!proof.ok) throw new Refusal('wrong-credentials', { zh: '当前密码不正确。', en: 'The current password is wrong.' })
    await accounts.setPassword(who.name, body.password)
    await note(house, { kind: 'account.password-changed', by: who.name, about: who.name, data: {} })
    return new Answer(204, undefined, { cookie: null })
  },
})

function tooMany(wait: number): Refusal {
  const seconds = Math.max(1, Math.ceil(wait / 1_000))
  const detail = { zh: `请在 ${seconds} 秒后再试。`, en: `Try again in ${seconds} s.` }
  return new Refusal('too-many', detail, { headers: { 'retry-after': String(seconds) } })
}

const wire = (who: Who): WireSession => ({
  username: who.name,
  displayName: who.displayName,
  role: who.role,
  may: permissionsOf(who.role),
})

export const sessionRoutes = [signIn, show, signOut, changePassword]
