import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** One alerting rule of Prometheus over its own series, and when we say it fires: one entry for each minute from 0. */
export interface Claim {
  readonly expr: string
  readonly for?: number
  readonly keepFiringFor?: number
  /** By the label `m`; one value a minute, `undefined` where nothing came. */
  readonly series: readonly (readonly (number | undefined)[])[]
  readonly firing: readonly boolean[]
}

export const promtool = '/usr/bin/promtool'

const minutes = (ms: number): string => `${ms / 60_000}m`

/**
 * Puts claims to Debian's `promtool test rules`, all in one run: every claim is a rule with its own series, `$` in its expression stands for
 * the selector of that series. Returns what promtool says against them; an empty text when it agrees with every minute of every claim.
 */
export function contradictions(claims: readonly Claim[]): string {
  if (!existsSync(promtool))
    throw new Error(
      `${promtool} is missing: install the package "prometheus" (npm test does it on Debian), with promtool 2.42 or newer`,
    )
  const length = Math.max(...claims.map(({ firing }) => firing.length))
  const rules = claims.map(({ expr, for: wait = 0, keepFiringFor = 0 }, index) => ({
    alert: `A${index}`,
    expr: expr.replaceAll('$', `v{s="${index}"}`).replaceAll('ALARM', `ALERTS{alertname="A${index}", alertstate="firing"}`),
    ...(wait > 0 ? { for: minutes(wait) } : {}),
    ...(keepFiringFor > 0 ? { keep_firing_for: minutes(keepFiringFor) } : {}),
  }))
  const tests = {
    rule_files: ['rules.yml'],
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: claims.flatMap(({ series }, index) =>
          series.map((values, member) => ({
            series: `v{s="${index}", m="${member}"}`,
            values: values.map(value => value ?? '_').join(' '),
          })),
        ),
        alert_rule_test: claims.flatMap(({ firing }, index) =>
          Array.from({ length }, (_, minute) => ({
            eval_time: `${minute}m`,
            alertname: `A${index}`,
            exp_alerts: firing[minute] ? [{ exp_labels: { s: `${index}` } }] : [],
          })).slice(0, firing.length),
        ),
      },
    ],
  }
  const folder = mkdtempSync(join(tmpdir(), 'promtool-'))
  try {
    // JSON is YAML.
    writeFileSync(join(folder, 'rules.yml'), JSON.stringify({ groups: [{ name: 'g', interval: '1m', rules }] }))
    writeFileSync(join(folder, 'tests.yml'), JSON.stringify(tests))
    const { status, stdout, stderr, error } = spawnSync(promtool, ['test', 'rules', 'tests.yml'], {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 256 * 1024 * 1024,
    })
    if (error) throw error
    return status === 0 ? '' : `${stdout}${stderr}`.replaceAll(/\n\s*\n/g, '\n').slice(0, 4_000)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
