import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Words } from '../../protocols/contract/driver.ts'
import { checkData, headIn } from '../evidence/data-check.ts'
import { fingerprintOf, nodeProving } from '../evidence/signed.ts'
import type { SignedHead } from '../evidence/signed.ts'
import type { Bytes, Given, Verdict } from '../evidence/verdict.ts'
import { verifyFile } from '../evidence/verify.ts'
import { StoreTrouble } from '../store/store.ts'
import { languageOf } from './io.ts'
import type { ExitCode, Io } from './io.ts'

export const verifyHelp = `zhishou verify FILE-OR-DIR [--key FINGERPRINT|FILE] [--heads FILE|DIR] [--lang zh|en] [--json]

Checks an exported log (JSON, CSV, PDF, XLSX), an inspector pack or a data folder, offline: names the first record that was altered,
removed, put in or moved, and whether the end was cut off. Changes nothing; safe beside a running gateway.
离线校验导出的记录、检查包或数据目录：指出第一条被改动、删除、插入或调换的记录，以及末尾是否被截断。不改动任何数据。

  --key            the key that must have signed: its fingerprint as it is posted, or a file with it (/api/v1/evidence/key)
  --heads          signed heads that were kept outside (${'zhishou-SITE-heads.ndjson'}), a file or a folder of them: they show what was cut off
  --json           what was found, as JSON

Exit 0 everything agrees, 1 something does not, 2 wrong usage.`

interface Options {
  readonly path: string
  readonly key: string | undefined
  readonly heads: readonly SignedHead[]
  readonly json: boolean
}

/** `zhishou verify`: exit 0 all as it was made, 1 not so, 2 wrong usage. */
export async function verify(args: readonly string[], io: Io): Promise<ExitCode> {
  const language = languageOf(args, io.env)
  const options = parseOptions(args)
  if (options === 'help') {
    io.out(verifyHelp)
    return 0
  }
  if ('zh' in options) {
    io.err(options[language])
    return 2
  }
  const { path, key, heads, json } = options
  const given: Given = { proving: nodeProving, key, heads }
  let verdict: Verdict
  try {
    verdict = statSync(path).isDirectory()
      ? await checkData(path, given)
      : await verifyFile(basename(path), bytesOfFile(path), given)
  } catch (error) {
    if (!(error instanceof StoreTrouble) && !(error instanceof Error && 'code' in error)) throw error
    io.err(error.message)
    return 1
  }
  if (json) io.out(JSON.stringify(verdict))
  else for (const line of linesOf(verdict, key, language)) io.out(line)
  return verdict.finding ? 1 : 0
}

function* linesOf(verdict: Verdict, key: string | undefined, language: 'zh' | 'en'): Generator<string> {
  const { finding, fingerprint, counts, notes, head, proof, members } = verdict
  const say = (zh: string, en: string): string => (language === 'zh' ? zh : en)
  yield finding
    ? say(`✗ 不符：${finding.say.zh}`, `✗ WRONG: ${finding.say.en}`)
    : say('✓ 与导出时完全一致', '✓ everything is as it was made')
  for (const member of members)
    yield `  ${member.finding ? '✗' : '✓'} ${member.name}${member.finding ? `: ${member.finding.say[language]}` : ''}`
  const figures = Object.entries(counts).filter(([, count]) => count > 0)
  if (figures.length > 0)
    yield (
      say('  已核对：', '  looked at: ') +
      figures.map(([name, count]) => `${count} ${say(counted[name] ?? name, name)}`).join(say('、', ', '))
    )
  if (proof)
    yield say(
      `  导出编号 ${proof.export}，导出人 ${proof.by}，${told(proof.madeAt)}`,
      `  export ${proof.export} by ${proof.by}, ${told(proof.madeAt)}`,
    )
  if (head)
    yield say(
      `  签名时日志有 ${head.size} 条，${told(head.at)}`,
      `  signed when the journal had ${head.size} entries, ${told(head.at)}`,
    )
  if (fingerprint !== undefined)
    yield key === undefined
      ? say(
          `  签名密钥 ${fingerprint}：请与单位张贴的指纹核对`,
          `  signed by ${fingerprint}: compare with the fingerprint that is posted at the site`,
        )
      : say(`  签名密钥 ${fingerprint}，与要求的一致`, `  signed by ${fingerprint}, the key that was asked for`)
  for (const note of notes) yield `  · ${note[language]}`
}

const counted: Readonly<Record<string, string>> = {
  entries: '条日志',
  heads: '个签名',
  removed: '条已清除',
  periods: '段读数',
  readings: '个读数',
  unsealed: '个未封存',
  stamps: '个时间戳',
  rows: '行',
  files: '个文件',
  bytes: '字节',
}
const told = (at: number): string => new Date(at).toISOString()

/** A file on the disk. */
export const bytesOfFile = (path: string): Bytes => ({
  size: statSync(path).size,
  async *read(from = 0, to = Number.MAX_SAFE_INTEGER) {
    const file = await open(path)
    try {
      const buffer = Buffer.alloc(256 * 1024)
      for (let at = from; at < to;) {
        const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, to - at), at)
        if (bytesRead === 0) return
        yield Uint8Array.from(buffer.subarray(0, bytesRead))
        at += bytesRead
      }
    } finally {
      await file.close()
    }
  },
})

function parseOptions(args: readonly string[]): Options | 'help' | Words {
  const wrong = (zh: string, en: string): Words => ({ zh, en })
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        key: { type: 'string' },
        heads: { type: 'string' },
        json: { type: 'boolean', default: false },
        lang: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (values.help) return 'help'
    const [path, ...more] = positionals
    if (path === undefined || more.length > 0)
      return wrong(
        '要校验哪个文件或数据目录？（zhishou verify 文件或目录）',
        'which file or data folder? (zhishou verify FILE-OR-DIR)',
      )
    if (!existsSync(path)) return wrong(`没有“${path}”这个文件或目录`, `there is no file or folder "${path}"`)
    const key = values.key === undefined ? undefined : keyIn(values.key)
    if (values.key !== undefined && key === undefined)
      return wrong(
        `--key 要写指纹，例如 1a2b-3c4d-5e6f-7a8b，或含有公钥的文件`,
        `--key takes a fingerprint such as 1a2b-3c4d-5e6f-7a8b, or a file with the public key`,
      )
    const heads = values.heads === undefined ? [] : headsIn(values.heads)
    if (!heads || (values.heads !== undefined && heads.length === 0))
      return wrong(`--heads 的“${values.heads}”里没有签名`, `there are no signed heads in "${values.heads}" of --heads`)
    return { path, key, heads, json: values.json }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return wrong(text, text)
  }
}

/** A fingerprint however it was typed, or that of the key in a file: raw base64, or the JSON of the gateway's answer. */
function keyIn(asked: string): string | undefined {
  const digits = asked.toLowerCase().replaceAll(/[\s-]/g, '')
  if (/^[0-9a-f]{16}$/.test(digits)) return (digits.match(/.{4}/g) ?? []).join('-')
  if (!existsSync(asked)) return undefined
  const text = readFileSync(asked, 'utf8')
  const key = /"publicKey"\s*:\s*"([A-Za-z0-9+/]{43}=)"/.exec(text)?.[1] ?? /^([A-Za-z0-9+/]{43}=)\s*$/.exec(text)?.[1]
  return key === undefined ? undefined : fingerprintOf(key)
}

/** Every line that is a signed head; anything else among them is no head and makes the whole worthless. */
function headsIn(path: string): SignedHead[] | undefined {
  if (!existsSync(path)) return undefined
  const files = statSync(path).isDirectory()
    ? readdirSync(path)
        .filter(name => name.endsWith('-heads.ndjson'))
        .map(name => join(path, name))
    : [path]
  const heads: SignedHead[] = []
  for (const file of files)
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      if (line === '') continue
      const head = headIn(line)
      if (!head) return undefined
      heads.push(head)
    }
  return heads
}
