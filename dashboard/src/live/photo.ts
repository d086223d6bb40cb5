/** A photo from the phone, made small enough for a slow network before it is sent. */
const longest = 1_600
const quality = 0.82

export const photoAddress = (id: string): string => `/api/v1/photos/${encodeURIComponent(id)}`

export type SentPhoto =
  | { readonly ok: true; readonly id: string }
  | { readonly ok: false; readonly why: 'unreadable' | 'failed'; readonly said?: string }

/** At most 1600 px, JPEG; what the phone wrote about place and owner is left behind. `undefined` when it is no picture. */
export async function shrunk(file: Blob): Promise<Blob | undefined> {
  let bitmap: ImageBitmap
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' })
  } catch {
    return undefined
  }
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(bitmap.width * scale))
  canvas.height = Math.max(1, Math.round(bitmap.height * scale))
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  bitmap.close()
  return new Promise(resolve => canvas.toBlob(blob => resolve(blob ?? undefined), 'image/jpeg', quality))
}

export async function sendPhoto(file: Blob): Promise<SentPhoto> {
  const small = await shrunk(file)
  if (!small) return { ok: false, why: 'unreadable' }
  try {
    const response = await fetch('/api/v1/photos', {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg', 'accept-language': document.documentElement.lang },
      credentials: 'same-origin',
      body: small,
    })
    const body: unknown = await response.json()
    const fields = typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : {}
    if (response.ok && typeof fields['id'] === 'string') return { ok: true, id: fields['id'] }
    return { ok: false, why: 'failed', ...(typeof fields['detail'] === 'string' ? { said: fields['detail'] } : {}) }
  } catch {
    return { ok: false, why: 'failed' }
  }
}
