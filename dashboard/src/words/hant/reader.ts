/**
 * That this browser's reader chose 繁體中文, noted where the service worker finds it, which knows no `localStorage`: a store by this name
 * is there or not. Without https there is neither a worker nor such stores.
 */
const note = 'reads-hant'

export const readsHant = async (): Promise<boolean> => (await globalThis.caches?.has(note)) === true
export const readHant = (): unknown => globalThis.caches?.open(note).catch(() => undefined)
export const readHantNoMore = (): unknown => globalThis.caches?.delete(note).catch(() => undefined)
