import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const python = '/usr/bin/python3'

/** What Python's `statistics.mean` says of each list: it adds up fractions of whole numbers and rounds once. */
export function meansOfPython(lists: readonly (readonly number[])[]): readonly number[] {
  if (!existsSync(python)) throw new Error(`${python} is missing; npm test installs it with python3-pymodbus on Debian`)
  const script = 'import json, statistics, sys\nprint(json.dumps([statistics.mean(map(float, l)) for l in json.load(sys.stdin)]))'
  const { status, stdout, stderr } = spawnSync(python, ['-c', script], {
    input: JSON.stringify(lists),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as number[]
}
