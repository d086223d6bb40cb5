/**
 * `ZHISHOU_SEED=N` begins every property at the same examples: what is to land is then judged by what it changed, and the same change gets
 * the same answer twice. Without it each run looks at examples that nobody has looked at before, which is how faults are found.
 */
import { configureGlobal } from 'fast-check'

const seed = process.env['ZHISHOU_SEED']
if (seed !== undefined) configureGlobal({ seed: Number(seed) })
