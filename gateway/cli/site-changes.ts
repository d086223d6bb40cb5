import { basename } from 'node:path'
import { seconds } from '../../protocols/contract/time.ts'
import type { Cancel } from '../../protocols/contract/time.ts'
import { systemClock } from '../clock.ts'
import { whatToDo } from '../commission/site-disk.ts'
import type { SiteApplied, SiteFiles } from '../commission/site-files.ts'
import { printProblem } from './problem.ts'
import type { Say } from './start.ts'

/** How often the files are looked at. Reading them finds a change on every kind of disk, where being told of it does not. */
const every = seconds(1)

interface How {
  /** Load them anew when they have changed and rest. */
  readonly watch: boolean
  /** Load them anew on SIGHUP. */
  readonly onHangUp: boolean
  readonly say: Say
}

/** Lets the site run as its files have it when somebody edits them, and says at the terminal what came of it. */
export function keepUpWithFiles(files: SiteFiles | undefined, { watch, onHangUp, say }: How): { stop(): void } {
  let cancel: Cancel = () => {}
  let isStopped = false
  const load = (why: string): void => {
    if (!files) return say('现场不是从文件读入的', 'the site was not read from a file')
    void files.reload({ by: 'system', why }).then(outcome => tell(outcome, say))
  }
  const hangUp = (): void => load('SIGHUP')
  if (onHangUp) process.on('SIGHUP', hangUp)
  let [seen, tried] = ['', '']
  const look = async (): Promise<void> => {
    const now = await files?.read()
    if (!now || 'code' in now || now.digest === now.running) seen = ''
    // Twice the same: whoever writes it has come to an end.
    else if (now.digest !== seen) seen = now.digest
    else if (now.digest !== tried) {
      tried = now.digest
      load('the file changed')
    }
    if (now && !('code' in now) && now.digest === now.running) tried = ''
  }
  const again = (): void => {
    cancel = systemClock.after(every, () => {
      void look().finally(() => {
        if (!isStopped) again()
      })
    })
  }
  if (watch && files) again()
  return {
    stop() {
      isStopped = true
      cancel()
      process.off('SIGHUP', hangUp)
    },
  }
}

function tell(outcome: SiteApplied, say: Say): void {
  if (outcome.ok) return say('现场文件已重新载入', 'the site file was loaded anew')
  switch (outcome.why) {
    case 'wrong':
      for (const problem of outcome.problems) {
        const lines: [string[], string[]] = [[], []]
        printProblem({ ...problem, file: basename(problem.file) }, 'zh', line => void lines[0].push(line))
        printProblem({ ...problem, file: basename(problem.file) }, 'en', line => void lines[1].push(line))
        say(lines[0].join('\n'), lines[1].join('\n'))
      }
      return say('现场文件有误，仍按原来的运行', 'the site file is wrong; the one of before goes on')
    case 'nothing-changed':
      return say('现场文件没有变化', 'the site file is what runs already')
    case 'another-site':
      return say('site.id 不能在运行中更改：请停止后再启动', 'site.id cannot be changed while it runs: stop and start it')
    case 'not-writable':
      return say(outcome.detail.zh, outcome.detail.en)
    case 'disk': {
      const { zh, en } = whatToDo(outcome.detail)
      return say(
        `磁盘不接受写入（${outcome.detail}），仍按原来的运行。${zh}`,
        `the disk does not take it (${outcome.detail}); the one of before goes on: ${en}`,
      )
    }
    case 'stopping':
    case 'failed':
      return say(
        `未能换上新的现场文件（${outcome.detail}），仍按原来的运行`,
        `the site file could not be loaded (${outcome.detail}); the one of before goes on`,
      )
    default:
      return say('现场文件未改', 'the site file was not changed')
  }
}
