// Preloaded by the start command: our own imports of the heaviest libraries get the bundle that was made of them, where there is one.
import { existsSync, readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

const list = fileURLToPath(new URL('../../node_modules/.cache/zhishou/bundles/bundles.json', import.meta.url))
const bundles = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : {}

registerHooks({
  resolve(specifier, context, next) {
    const isOurs = Object.hasOwn(bundles, specifier) && !(context.parentURL ?? '').includes('/node_modules/')
    return isOurs ? { url: bundles[specifier], format: 'module', shortCircuit: true } : next(specifier, context)
  },
})
