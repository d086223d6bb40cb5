/**
 * The key of a wall screen: an API token of the role viewer, given to the screen once by a link (`/wall#key=…`) and kept by its browser. The
 * part of an address behind the # never reaches a server or its log; it is taken out of the address bar at once.
 */
const memory = 'zhishou.wall-key'
const shown = /^#key=([\w.~-]{8,200})$/

/** Whether this page is a wall. */
export const isWall = (path: string): boolean => path === '/wall' || path === '/wall/'

/** The key of this screen; one in the address goes before one that is kept. `undefined` where the page is no wall or has none. */
export function takeKey(): string | undefined {
  if (!isWall(location.pathname)) return undefined
  const given = shown.exec(location.hash)?.[1]
  if (given === undefined) return localStorage.getItem(memory) ?? undefined
  localStorage.setItem(memory, given)
  history.replaceState(null, '', location.pathname + location.search)
  return given
}
