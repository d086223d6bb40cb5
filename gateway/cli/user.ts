import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Words } from '../../protocols/contract/driver.ts'
import type { Account } from '../accounts/account.ts'
import { Accounts } from '../accounts/accounts.ts'
import type { AccountChange, AccountRefusal } from '../accounts/accounts.ts'
import { randomPassword } from '../accounts/password.ts'
import { isRole, roles } from '../accounts/permissions.ts'
import { openShelfBeside } from '../store/shelf-beside.ts'
import { systemClock } from '../clock.ts'
import { FolderTaken, openStore } from '../store/open.ts'
import { StoreTrouble } from '../store/store.ts'
import { languageOf } from './io.ts'
import type { ExitCode, Io } from './io.ts'

export const userHelp = `zhishou user list [--json]
zhishou user add NAME --role ROLE [--name "DISPLAY NAME"]
zhishou user passwd NAME
zhishou user disable NAME        (enable NAME takes it back)

Accounts of a data folder, also beside a running gateway: what changes ends the account's sessions within seconds.
The password is read from standard input, one line of 8 to 256 characters; with --random one is made up and printed once.
管理账户,可在网关运行时使用;更改后该账户的会话会在数秒内结束。密码从标准输入读取一行(8 至 256 个字符),--random 则随机生成并显示一次。

  --role ROLE   ${roles.join(', ')}
  --data DIR    the data folder; default: ZHISHOU_DATA, else the only one below data/`

type Options = {
  readonly json: boolean
  readonly random: boolean
  readonly role?: string
  readonly name?: string
  readonly data?: string
}

/** `zhishou user`: exit 1 when the account or the folder does not allow it, 2 for wrong usage. */
export async function user(args: readonly string[], io: Io): Promise<ExitCode> {
  const read = readArguments(args)
  if (read === 'help') {
    io.out(userHelp)
    return 0
  }
  const { action, name, options } = read
  const language = languageOf(args, io.env)
  const folder = folderOf(options.data ?? io.env['ZHISHOU_DATA'])
  if (action === undefined || folder === undefined) {
    if (action !== undefined) io.err(words.whichFolder[language])
    else io.err(userHelp)
    return 2
  }
  try {
    if (!existsSync(join(folder, 'ledger.db'))) await prepare(folder)
    const shelf = openShelfBeside(folder)
    try {
      const accounts = new Accounts(shelf, systemClock, { by: 'command line' })
      if (action === 'list') return print(await accounts.list(), options.json, io)
      return await change(accounts, action, name, options, io, language)
    } finally {
      shelf.close()
    }
  } catch (error) {
    if (!(error instanceof StoreTrouble) && !(error instanceof FolderTaken)) throw error
    io.err(error.message)
    return 1
  }
}

async function change(
  accounts: Accounts,
  action: Change,
  name: string,
  options: Options,
  io: Io,
  language: 'zh' | 'en',
): Promise<ExitCode> {
  const needsPassword = action === 'add' || action === 'passwd'
  const password = !needsPassword ? '' : options.random ? randomPassword() : await io.readPassword()
  const result = await act(accounts, action, name, options, password)
  if (!result.ok) {
    io.err(refusals[result.why][language])
    return 1
  }
  if (needsPassword && options.random) io.out(`${words.password[language]} ${password}`)
  io.out(`${result.account.name} ${result.account.role}${result.account.disabled ? ` ${words.disabled[language]}` : ''}`)
  return 0
}

type Change = 'add' | 'passwd' | 'disable' | 'enable'
function act(accounts: Accounts, action: Change, name: string, options: Options, password: string): Promise<AccountChange> {
  switch (action) {
    case 'add':
      return accounts.create(name, isRole(options.role) ? options.role : 'viewer', password, options.name)
    case 'passwd':
      return accounts.setPassword(name, password)
    case 'disable':
      return accounts.disable(name)
    case 'enable':
      return accounts.disable(name, false)
  }
}

interface Read {
  readonly action: 'list' | Change | undefined
  readonly name: string
  readonly options: Options
}
/** Wrong usage has no action. */
function readArguments(args: readonly string[]): Read | 'help' {
  const none: Read = { action: undefined, name: '', options: { json: false, random: false } }
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        json: { type: 'boolean', default: false },
        random: { type: 'boolean', default: false },
        role: { type: 'string' },
        name: { type: 'string' },
        data: { type: 'string' },
        lang: { type: 'string' },
      },
    })
    if (values.help === true) return 'help'
    const [action, name = '', ...more] = positionals
    const options = values as Options
    if (action === 'list' && name === '') return { action, name, options }
    const isChange = action === 'add' || action === 'passwd' || action === 'disable' || action === 'enable'
    const isRoleFit = action === 'add' ? isRole(options.role) : options.role === undefined
    return isChange && name !== '' && more.length === 0 && isRoleFit ? { action, name, options } : none
  } catch {
    return none
  }
}

function folderOf(given: string | undefined): string | undefined {
  if (given !== undefined && given !== '') return given
  if (!existsSync('data')) return undefined
  const folders = readdirSync('data').map(name => join('data', name))
  const filled = folders.filter(folder => existsSync(join(folder, 'ledger.db')))
  return filled.length === 1 ? filled[0] : undefined
}

/** A folder that no gateway has used yet gets its files as a gateway would make them. */
async function prepare(folder: string): Promise<void> {
  const store = await openStore(folder, { wall: systemClock })
  await store.close()
}

function print(accounts: readonly Account[], asJson: boolean, io: Io): ExitCode {
  if (asJson)
    io.out(JSON.stringify(accounts.map(account => ({ ...account, createdAt: new Date(account.createdAt).toISOString() }))))
  else
    for (const { name, role, displayName, disabled } of accounts)
      io.out([name.padEnd(20), role.padEnd(10), displayName, disabled ? '(disabled 已停用)' : ''].join(' ').trimEnd())
  return 0
}

const words = {
  whichFolder: { zh: '请用 --data 指定数据目录', en: 'name the data folder with --data' },
  password: { zh: '密码:', en: 'password:' },
  disabled: { zh: '已停用', en: 'disabled' },
} satisfies Record<string, Words>

const refusals: Readonly<Record<AccountRefusal, Words>> = {
  'bad-name': { zh: '用户名只能用文字、数字和 . _ @ -', en: 'a user name has letters, digits and . _ @ -' },
  taken: { zh: '用户名已存在', en: 'the user name is taken' },
  'weak-password': { zh: '密码需 8 至 256 个字符', en: 'a password has 8 to 256 characters' },
  'no-such-account': { zh: '没有这个账户', en: 'there is no such account' },
  'last-admin': { zh: '这是最后一个管理员', en: 'this is the last administrator' },
}
