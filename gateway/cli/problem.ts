import type { Problem } from '../site/site.ts'

/** One problem in two lines: where and which, then what is wrong and what to write. */
export function printProblem(problem: Problem, language: 'zh' | 'en', print: (line: string) => void): void {
  const { file, line, column, severity, code, path, wrong, write } = problem
  print(`${file}:${line}:${column} ${severity} ${code}${path === '' ? '' : ` ${path}`}`)
  print(language === 'zh' ? `  ${wrong.zh}；${write.zh}` : `  ${wrong.en}; ${write.en}`)
}
