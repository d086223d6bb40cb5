import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const hasOpenssl = (): boolean => existsSync('/usr/bin/openssl')

/** Certificates that openssl makes: an authority, and what it signs. */
export class Papers {
  readonly folder = mkdtempSync(join(tmpdir(), 'zhishou-papers-'))

  authority(name: string): string {
    this.#openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '30',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      this.key(name),
      '-out',
      this.cert(name),
    )
    return this.cert(name)
  }

  /** `days` may lie in the past: then it has expired. */
  sign(authority: string, name: string, { common = name, alternative = 'IP:127.0.0.1', days = 30 } = {}): void {
    const request = join(this.folder, `${name}.csr`)
    const extensions = join(this.folder, `${name}.ext`)
    writeFileSync(extensions, `subjectAltName=${alternative}\n`)
    this.#openssl(
      'req',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      `/CN=${common}`,
      '-keyout',
      this.key(name),
      '-out',
      request,
    )
    this.#openssl(
      'x509',
      '-req',
      '-in',
      request,
      '-CA',
      this.cert(authority),
      '-CAkey',
      this.key(authority),
      '-CAcreateserial',
      '-days',
      String(days),
      '-extfile',
      extensions,
      '-out',
      this.cert(name),
    )
  }

  fingerprint(name: string): string {
    return this.#openssl('x509', '-noout', '-fingerprint', '-sha256', '-in', this.cert(name)).split('=')[1]?.trim() ?? ''
  }

  cert = (name: string): string => join(this.folder, `${name}.pem`)
  key = (name: string): string => join(this.folder, `${name}.key`)

  #openssl(...args: string[]): string {
    return execFileSync('/usr/bin/openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  }
}
