import { patiently } from '../../waiting.svelte.ts'

/** What became of something that was sent. `errors`: the fields that were wrong, each in words. */
export type Sent =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly why: 'offline' | 'signed-out' | 'failed' }
  | { readonly ok: false; readonly why: 'refused'; readonly said: string; readonly errors: readonly WrongField[] }

export interface WrongField {
  readonly path: string
  readonly wrong: string
}

/** Sends what somebody wrote; `path` begins after `/api/v1`. Whatever it answers, nothing of what was typed is thrown away here. */
export async function send(path: string, body: object, ask: typeof fetch = patiently): Promise<Sent> {
  let response: Response
  try {
    response = await ask(`/api/v1${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'accept-language': document.documentElement.lang },
      credentials: 'same-origin',
      body: JSON.stringify(body),
    })
  } catch {
    return { ok: false, why: 'offline' }
  }
  if (response.status === 401) return { ok: false, why: 'signed-out' }
  const told = await response.json().catch(() => undefined)
  const fields = typeof told === 'object' && told !== null ? (told as Readonly<Record<string, unknown>>) : {}
  if (response.ok) return { ok: true, value: fields }
  // Its disk is full, or it is just starting: nothing is wrong with what was written.
  if (response.status >= 500 || typeof fields['detail'] !== 'string') return { ok: false, why: 'failed' }
  const errors = Array.isArray(fields['errors']) ? (fields['errors'] as readonly WrongField[]) : []
  // What does not fit the interface at all is told by its place in the body, which is what a form sent.
  const inForm = errors.map(({ path, wrong }) => ({ path: path.replace(/^body\./, ''), wrong }))
  return { ok: false, why: 'refused', said: fields['detail'], errors: inForm }
}
