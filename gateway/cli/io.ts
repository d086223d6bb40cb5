import type { Instant } from '../../protocols/contract/time.ts'
/** What a command may touch: lines out, lines to stderr, the environment, a password. Tests hand in their own. */
export interface Io {
  out(line: string): void
  err(line: string): void
  /** What today is, where it matters; absent, every day is as good as another. */
  readonly now?: () => Instant
  readonly env: Readonly<Record<string, string | undefined>>
  /** One line of standard input. */
  readPassword(): Promise<string>
}
/** 0 good, 1 the thing checked is bad, 2 wrong usage. */
export type ExitCode = 0 | 1 | 2

/** Chinese for a Chinese locale, else English; `--lang zh|en` and ZHISHOU_LANG win. */
export function languageOf(args: readonly string[], env: Io['env']): 'zh' | 'en' {
  const flag = args.indexOf('--lang')
  const asked = flag >= 0 ? args[flag + 1] : (env['ZHISHOU_LANG'] ?? env['LC_ALL'] ?? env['LC_MESSAGES'] ?? env['LANG'])
  return asked?.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}
