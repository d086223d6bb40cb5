import { parseArgs } from 'node:util'
import { examine } from '../doctor/examine.ts'
import type { Finding } from '../doctor/finding.ts'
import { systemClock } from '../clock.ts'
import { dataFolder } from './data-folder.ts'
import { languageOf } from './io.ts'
import type { ExitCode, Io } from './io.ts'

export const doctorHelp = `zhishou doctor [--data DIR] [--site FILE] [--json] [--lang zh|en]

Says what is wrong with this installation and what to do about it. Safe beside a running gateway; changes nothing.
检查这套安装：哪里不对、该怎么办。可在网关运行时使用；不改动任何数据。

  --data DIR    the data folder; default: ZHISHOU_DATA, else the only one below data/
  --site FILE   checks this site file; default: the copy beside the data
  --json        prints the findings as JSON

Exit 0 all good (remarks allowed), 1 something is wrong, 2 wrong usage.`

const marks = {
  good: { zh: '正常', en: 'good  ' },
  remark: { zh: '注意', en: 'remark' },
  wrong: { zh: '有误', en: 'WRONG ' },
} as const

/** `zhishou doctor`: exit 0 good, 1 something is wrong, 2 wrong usage. */
export async function doctor(args: readonly string[], io: Io): Promise<ExitCode> {
  const language = languageOf(args, io.env)
  const options = parseOptions(args)
  if (options === 'help') {
    io.out(doctorHelp)
    return 0
  }
  if (typeof options === 'string') {
    io.err(options)
    io.err(doctorHelp)
    return 2
  }
  const place = dataFolder(options.data, io.env)
  const findings = await examine({
    folder: place.ok ? { found: place.folder } : { missing: place.say },
    site: options.site,
    env: io.env,
    now: systemClock.now(),
    wall: systemClock,
  })
  const isWell = findings.every(({ state }) => state !== 'wrong')
  if (options.json) io.out(JSON.stringify({ ok: isWell, findings }))
  else for (const line of findings.flatMap(finding => linesOf(finding, language))) io.out(line)
  return isWell ? 0 : 1
}

const linesOf = ({ state, what, found, remedy }: Finding, language: 'zh' | 'en'): readonly string[] => {
  const between = language === 'zh' ? '：' : ': '
  const head = `${marks[state][language]}  ${what[language]}${between}${found[language]}`
  return remedy ? [head, `        → ${remedy[language]}`] : [head]
}

function parseOptions(
  args: readonly string[],
): { data: string | undefined; site: string | undefined; json: boolean } | 'help' | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        data: { type: 'string' },
        site: { type: 'string' },
        json: { type: 'boolean', default: false },
        lang: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (values.help) return 'help'
    return positionals.length > 0
      ? `unexpected: ${positionals.join(' ')}`
      : { data: values.data, site: values.site, json: values.json }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
