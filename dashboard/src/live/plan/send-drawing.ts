import type { WirePlanDrawn } from '../../../../gateway/api/wire-plans.ts'

/** What the gateway takes at most; sending more would only take time. */
export const largestDrawing = 8 * 1024 * 1024

export type SentDrawing =
  | { readonly ok: true; readonly plan: WirePlanDrawn }
  | { readonly ok: false; readonly why: 'offline' | 'refused' | 'meanwhile'; readonly said?: string }

/** The bytes as they are: what they really are is for the gateway to find out. `path` begins after `/api/v1`. */
export async function sendDrawing(method: 'POST' | 'PUT', path: string, file: Blob): Promise<SentDrawing> {
  try {
    const response = await fetch(`/api/v1${path}`, {
      method,
      headers: {
        'content-type': file.type === 'image/svg+xml' ? file.type : 'image/png',
        'accept-language': document.documentElement.lang,
      },
      credentials: 'same-origin',
      body: file,
    })
    const body: unknown = await response.json()
    if (response.ok) return { ok: true, plan: body as WirePlanDrawn }
    const detail = typeof body === 'object' && body !== null && 'detail' in body ? body.detail : undefined
    return {
      ok: false,
      why: response.status === 409 ? 'meanwhile' : 'refused',
      ...(typeof detail === 'string' ? { said: detail } : {}),
    }
  } catch {
    return { ok: false, why: 'offline' }
  }
}
