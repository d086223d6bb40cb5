/** Which file of the built dashboard a module goes into. Used at build time only. */

interface Modules {
  getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null
}

/**
 * What every look at the dashboard needs is one file, and what the page behind a link shares with it another: thirty small files, each packed
 * by itself, weigh more and ask more often. None for what comes later, which the bundler divides itself, and none for the scripts that the pages
 * name: in one file with what others import, a wait at their top would be waited for by those they wait for.
 */
export function fileOf(pages: {
  readonly index: string
  readonly answer: string
}): (id: string, modules: Modules) => string | null {
  const reached = new Map<string, ReadonlySet<string>>()
  const from = (page: string, modules: Modules): ReadonlySet<string> => {
    const before = reached.get(page)
    if (before) return before
    const found = new Set([page])
    for (const id of found) for (const next of modules.getModuleInfo(id)?.importedIds ?? []) found.add(next)
    reached.set(page, found)
    return found
  }
  return (id, modules) => {
    const isNamed = modules.getModuleInfo(pages.index)?.importedIds.includes(id) === true
    if (isNamed || id === pages.index || !from(pages.index, modules).has(id)) return null
    return from(pages.answer, modules).has(id) ? 'core' : 'first'
  }
}
