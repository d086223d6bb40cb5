import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateKeyPairSync } from 'node:crypto'
import { instant } from '../../protocols/contract/time.ts'
import type { EmbeddedStore } from '../../gateway/store/open.ts'
import { openStore } from '../../gateway/store/open.ts'
import { emptyFolder, wall, walk } from '../store/folder.ts'

export const site = { id: 'greenhill', name: { zh: '青山小学', en: 'Greenhill School' } }
export const now = instant(Date.UTC(2026, 10, 22, 3))
export const about = { now, version: '0.5.0', site, passphrase: undefined }

/** A data directory as a gateway leaves it: journal, readings, accounts, secrets, photos, floor plans, certificates, site files. */
export async function usedFolder(
  readings = 5_000,
  folder = emptyFolder(),
): Promise<{ readonly folder: string; readonly store: EmbeddedStore }> {
  const store = await openStore(folder, { wall })
  for (let index = 0; index < 30; index++)
    await store.journal.append(
      Array.from({ length: 10 }, (_, place) => ({
        kind: 'record.round',
        at: instant(1_000 * index + place),
        by: 'wang',
        about: 'cold-1',
        data: { index, place, note: '巡查正常' },
      })),
      [{ key: 'clock', value: index }],
    )
  await store.historian.listening(instant(0))
  await store.historian.record(walk(readings))
  const { privateKey } = generateKeyPairSync('ed25519')
  await store.accounts.put('account', 'admin', { name: 'admin', password: 'argon-hash' })
  await store.accounts.put('secret', 'evidence-key', { pem: privateKey.export({ type: 'pkcs8', format: 'pem' }) })
  await store.accounts.put('token', 'abc', { name: 'telegraf', hash: 'token-hash-value' })
  await store.accounts.put('session', 'def', { who: 'admin', mark: 'session-value' })
  const put = (path: string, text: string): void => {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const photo = `${createHash('sha256').update('a photo').digest('hex')}.jpg`
  put(`photos/${photo}`, 'a photo')
  put('photos/waiting/nobodys.jpg', 'nobody took it')
  put(`plans/${createHash('sha256').update('a drawing').digest('hex')}.svg`, 'a drawing')
  put('plans/half.svg.1-1.part', 'nobody wrote it to its end')
  put('connections/opc/pki/own/certs/certificate.pem', 'public')
  put('connections/opc/pki/own/private/private_key.pem', 'the private key')
  put('site-files/site.yaml', 'site: { id: greenhill, name: 青山小学 }\n')
  put('site-as-run.json', JSON.stringify(site))
  return { folder, store }
}

/** Every file below a folder with its digest, so that "as it was" can be said exactly. */
export function stateOf(folder: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  const walkIn = (path: string, name: string): void => {
    for (const entry of readdirSync(path)) {
      const inside = join(path, entry)
      if (statSync(inside).isDirectory()) walkIn(inside, `${name}${entry}/`)
      else found[`${name}${entry}`] = createHash('sha256').update(readFileSync(inside)).digest('hex')
    }
  }
  walkIn(folder, '')
  return found
}
