import { readFileSync, readdirSync } from 'node:fs'

/** What the kernel says of a process; Linux only, and it throws where there is no such process. */
const ticksPerSecond = 100

/** Resident memory in MB (10^6 bytes). */
export function residentMb(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return (Number(kib) * 1_024) / 1e6
}

/** Seconds of a core that all threads of the process have used so far; the kernel counts in hundredths. */
export function cpuSeconds(pid: number): number {
  const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) (.*)/s)
  // The name in brackets may hold blanks; behind it utime and stime are the 12th and 13th word.
  const words = rest.split(' ')
  return (Number(words[11]) + Number(words[12])) / ticksPerSecond
}

/** The process and everything below it. */
export function treeOf(pid: number): readonly number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      parents.set(Number(name), Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))?.[1]))
    } catch {
      // It ended while we looked.
    }
  }
  const tree = [pid]
  for (const parent of tree) tree.push(...[...parents].flatMap(([child, of]) => (of === parent ? [child] : [])))
  return tree
}

export const passes = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))
