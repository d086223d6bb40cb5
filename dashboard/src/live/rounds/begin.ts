/**
 * What happens before the page is drawn. A tag that the phone's camera has opened (`/c/CODE`) is noted down first of all: neither a slow
 * network nor an ended session may come before it. Returns whether it was one.
 */
export async function noteScanned(): Promise<boolean> {
  const [, code] = /^\/c\/([^/]+)\/?$/.exec(location.pathname) ?? []
  if (code === undefined) return false
  try {
    const { fieldBook } = await import('./field-book.svelte.ts')
    await fieldBook.mark(location.pathname)
    // Loading the page again must not note it down again.
    history.replaceState(null, '', '/rounds')
    return true
  } catch {
    // The part that knows rounds could not be loaded: the address stays, and loading it again tries again.
    return false
  }
}

/** The page works without network from its second opening on. Needs HTTPS, or this very machine. */
export function installWorker(): void {
  if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return
  void navigator.serviceWorker.register('/sw.js').catch(() => undefined)
}
