import { readFile } from 'node:fs/promises'
import type * as Library from 'node-opcua-client'
import type { Fault } from '../contract/fault.ts'
import { fault } from '../contract/fault.ts'
import { whatWentWrong } from '../kit/answer.ts'
import type { OpcuaConnection, Security } from './config.ts'

/** How the channel is secured, in the library's words. */
export function modeOf({ MessageSecurityMode }: typeof Library, security: Security): Library.MessageSecurityMode {
  if (security === 'none') return MessageSecurityMode.None
  return security === 'sign' ? MessageSecurityMode.Sign : MessageSecurityMode.SignAndEncrypt
}

/** Who the gateway is to the server. Rejects where a file cannot be read. */
export async function identityOf(
  { UserTokenType }: typeof Library,
  { username, password = '', user }: OpcuaConnection,
): Promise<Library.UserIdentityInfo> {
  if (user) {
    const [certificate, privateKey] = await Promise.all([readFile(user.certificate), readFile(user.key, 'utf8')])
    return { type: UserTokenType.Certificate, certificateData: derOf(certificate), privateKey }
  }
  return username === undefined
    ? { type: UserTokenType.Anonymous }
    : { type: UserTokenType.UserName, userName: username, password }
}

function derOf(file: Buffer): Buffer {
  const body = /-----BEGIN CERTIFICATE-----([\s\S]+?)-----END CERTIFICATE-----/.exec(file.toString('latin1'))?.[1]
  return body === undefined ? file : Buffer.from(body, 'base64')
}

/** Why a call came to nothing. */
export function refusalOf(error: unknown, endpoint: string): Fault {
  const what = whatWentWrong(error)
  const refused = /BadUserAccessDenied|BadIdentityToken|BadSecurity|BadCertificate|cannot find an Endpoint|ENOENT/i.test(what)
  return fault(refused ? 'refused' : 'unreachable', `${endpoint}: ${what}`)
}
