import type { Words } from '../../protocols/contract/driver.ts'
import { accountKey } from '../accounts/account.ts'
import { isAllowed } from '../accounts/permissions.ts'
import type { Signature, Witness } from '../records/record.ts'
import { note } from './note.ts'
import { Refusal } from './problem.ts'
import type { Call } from './route.ts'

/** Who signs and, where one is needed, who stands beside them; as they typed it. */
export interface Proofs {
  readonly password?: string | undefined
  readonly second?: { readonly username: string; readonly password: string } | undefined
}

/** A wrong password is a wrong field of the form; it is on record and slows the next attempt. */
const wrong = (path: string, words: Words): Refusal => new Refusal('bad-request', words, { errors: [{ path, wrong: words }] })

/** Proves by the password that whoever asks signs themselves. A token is not a person. */
export async function signature(call: Call, password: string, meaning: Words): Promise<Signature> {
  const { accounts, house, who, address } = call
  if (who?.via !== 'session') throw notByToken
  const proved = await accounts.confirm(who.name, password, address)
  if (!proved) {
    await note(house, { kind: 'account.refused', by: 'system', about: who.name, data: { address, at: 'record' } })
    throw wrong('password', {
      zh: '密码不对，或尝试过多，请稍后再试。',
      en: 'The password is wrong, or there were too many attempts; wait a moment.',
    })
  }
  return { by: who.name, name: who.displayName, at: house.clock.now(), meaning }
}

/** The second person is somebody else who may write records. */
export async function witness(call: Call, { username, password }: NonNullable<Proofs['second']>): Promise<Witness> {
  const { accounts, house, who, address } = call
  const other = await accounts.confirm(username, password, address)
  if (!other) {
    const about = username.slice(0, 64)
    await note(house, { kind: 'account.refused', by: 'system', about, data: { address, at: 'record' } })
    throw wrong('second.password', {
      zh: '第二人的用户名或密码不对，或尝试过多，请稍后再试。',
      en: 'Name or password of the second person is wrong, or there were too many attempts; wait a moment.',
    })
  }
  if (accountKey(other.name) === accountKey(who?.name ?? ''))
    throw wrong('second.username', { zh: '第二人必须是另一个人。', en: 'The second person must be somebody else.' })
  if (!isAllowed(other.role, 'record'))
    throw wrong('second.username', {
      zh: '第二人的账户没有登记权限。',
      en: 'The account of the second person may not write records.',
    })
  return { by: other.name, name: other.displayName, at: house.clock.now() }
}

const notByToken = new Refusal('not-allowed', {
  zh: '令牌不能签字，请本人登录。',
  en: 'A token cannot sign; sign in as a person.',
})
