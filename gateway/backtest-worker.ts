import { parentPort, workerData } from 'node:worker_threads'
import { adviseOnRule, backtestSite } from './backtest.ts'
import { wireAdvice, wireBacktest } from './backtest-answer.ts'
import type { BacktestOutcome, BacktestTask } from './backtests.ts'
import { TooManyAlarms } from './policy/episodes.ts'
import { loadDraft, loadTrial } from './site/trial.ts'
import { StoreTrouble } from './store/store.ts'

/** One question in a thread of its own, with its own eyes on the data folder; it ends with the answer. */
async function answer({
  site,
  env,
  digest,
  folder,
  change,
  files,
  from,
  to,
  warmUp,
  advise,
}: BacktestTask): Promise<BacktestOutcome> {
  // Whoever asks over the network must not read this process's environment by way of `${NAME}`; a draft of the site is its own.
  const tried = files ? await loadDraft(site, files, env) : await loadTrial(site, { ...change, env: {} }, env)
  if (!tried.ok) return { ok: false, why: 'wrong', problems: tried.problems }
  if (tried.before.digest !== digest) return { ok: false, why: 'site-changed' }
  const ask = { folder, from, to, ...(warmUp === undefined ? {} : { warmUp }) }
  try {
    if (!advise) return { ok: true, backtest: wireBacktest(backtestSite(tried, change, ask)) }
    const rule = tried.after.rules.find(({ id }) => id === advise.rule)
    const { harm } = advise
    const advice = rule && adviseOnRule(tried.after, rule, { ...ask, ...(harm === undefined ? {} : { harm }) })
    return advice ? { ok: true, advice: wireAdvice(advice) } : { ok: false, why: rule ? 'no-advice' : 'no-such-rule' }
  } catch (error) {
    if (error instanceof TooManyAlarms) return { ok: false, why: 'too-many-alarms' }
    if (error instanceof StoreTrouble) return { ok: false, why: 'no-data', detail: error.message }
    throw error
  }
}

const outcome = await answer(workerData as BacktestTask)
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage(outcome)
