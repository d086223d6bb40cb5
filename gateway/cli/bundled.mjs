// Preloaded by the start command: the entries of the product (gateway, its store's worker, simulated equipment) are taken from the
// bundle that was made of them.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

/** Bundles are made anew when a source changes, also while a gateway runs: a thread it begins meanwhile runs the sources as they are. */
function bundles() {
  try {
    return JSON.parse(readFileSync(process.env.ZHISHOU_BUNDLES, 'utf8')).where
  } catch {
    return {}
  }
}
const where = bundles()

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context)
    return Object.hasOwn(where, found.url) ? { url: where[found.url], format: 'module', shortCircuit: true } : found
  },
})
