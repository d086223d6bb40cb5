import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { verify } from '../../gateway/cli/verify.ts'
import { fingerprintOf, makeKey, publicKeyOf } from '../../gateway/evidence/signed.ts'
import { loadSite } from '../../gateway/site/load.ts'
import { hours, minutes } from '../../protocols/contract/time.ts'
import { emptyFolder } from '../store/folder.ts'
import { fileOf } from './log-files.ts'
import { packFile } from './pack-file.ts'
import { done, stand } from './stand.ts'

async function run(...args: readonly string[]) {
  const [out, err]: [string[], string[]] = [[], []]
  const io = {
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
    env: {},
    readPassword: async () => '',
  }
  const code = await verify(args, io)
  return { code, out: out.join('\n'), err: err.join('\n') }
}

describe('zhishou verify', () => {
  test('says in both languages that a file is as it was made and who signed it, or what is wrong first', async () => {
    const key = makeKey()
    const fingerprint = fingerprintOf(publicKeyOf(key))
    const folder = emptyFolder()
    const text = new TextDecoder().decode(await fileOf('json', 20, key))
    writeFileSync(join(folder, 'good.json'), text)
    writeFileSync(join(folder, 'bad.json'), text.replace('冷柜 3', '冷柜 4'))
    const good = join(folder, 'good.json')

    expect(await run(good, '--lang', 'zh')).toMatchObject({
      code: 0,
      out: expect.stringMatching(`✓ 与导出时完全一致[\\s\\S]*${fingerprint}：请与单位张贴的指纹核对`),
    })
    expect((await run(join(folder, 'bad.json'))).out).toMatch(/^✗ WRONG: daily row 4 .*冷柜 4\) was altered/)
    expect(await run(join(folder, 'bad.json'), '--json')).toMatchObject({
      code: 1,
      out: expect.stringContaining('"kind":"altered"'),
    })
    expect((await run(good, '--key', fingerprint.toUpperCase().replaceAll('-', ' '))).code).toBe(0)
    expect((await run(good, '--key', '0123-4567-89ab-cdef')).code).toBe(1)
    writeFileSync(join(folder, 'key.json'), JSON.stringify({ publicKey: publicKeyOf(key), algorithm: 'Ed25519' }))
    writeFileSync(join(folder, 'key.txt'), `${publicKeyOf(makeKey())}\n`)
    expect((await run(good, '--key', join(folder, 'key.json'))).code).toBe(0)
    expect((await run(good, '--key', join(folder, 'key.txt'))).code).toBe(1)
  })

  test('checks a data folder beside the gateway that runs on it, against heads that were kept outside', async () => {
    const ground = await stand()
    await ground.store.journal.append(Array.from({ length: 20 }, () => done))
    const { head } = await ground.notary.prove()
    const copies = emptyFolder()
    writeFileSync(join(copies, 'zhishou-greenhill-heads.ndjson'), `${JSON.stringify(head)}\n`)
    const { code, out } = await run(ground.folder, '--heads', copies)
    expect(out).toContain('everything is as it was made')
    expect(out).not.toContain('give heads')
    expect(code).toBe(0)
    const other = await stand()
    await other.store.journal.append([done])
    expect((await run(other.folder, '--heads', copies)).out).toContain('cut off: there are 1 entries, and 21 were signed')
  })

  test('checks a whole pack', async () => {
    const { file } = await packFile()
    const { code, out } = await run(file, '--lang', 'zh')
    expect(code).toBe(0)
    expect(out).toContain('✓ 温度记录/温度记录.pdf')
  })

  test('tells wrong usage from a wrong file', async () => {
    const folder = emptyFolder()
    mkdirSync(join(folder, 'empty'))
    writeFileSync(join(folder, 'none.txt'), 'hello')
    expect((await run()).code).toBe(2)
    expect((await run('--help')).out).toContain('--heads')
    expect(await run(join(folder, 'absent.pdf'), '--lang', 'zh')).toMatchObject({
      code: 2,
      err: expect.stringContaining('没有“'),
    })
    expect((await run(join(folder, 'none.txt'), '--key', 'nonsense')).code).toBe(2)
    expect((await run(join(folder, 'none.txt'), '--heads', folder)).code).toBe(2)
    expect((await run(join(folder, 'none.txt'), '--nonsense')).code).toBe(2)
    expect(await run(join(folder, 'none.txt'))).toMatchObject({
      code: 1,
      out: expect.stringContaining('no record that Zhishou has exported'),
    })
    expect(await run(join(folder, 'empty'))).toMatchObject({ code: 1, err: expect.stringContaining('holds no data') })
  })
})

describe('the block `evidence` of a site file', () => {
  const load = async (block: string) => {
    const file = join(emptyFolder(), 'site.yaml')
    writeFileSync(
      file,
      `site: { id: greenhill, name: 青山小学 }\nconnections: { push: { protocol: http } }\nareas: { a: { equipment: { cold-1: { type: fresh-keeping-cabinet, connection: push, points: { temperature: {}, door: {} } } } } }\n${block}`,
    )
    return loadSite(file, { HEADS: 'a-token' })
  }

  test('says how often readings are sealed and where signed heads go', async () => {
    const loaded = await load(
      "evidence: { every: 15m, copies: [{ folder: /mnt/nas }, { url: 'https://h.example/x', token: '${HEADS}' }], timestamp: { url: 'http://t.example' } }\n",
    )
    expect(loaded.ok && loaded.site.keeping.evidence).toEqual({
      every: minutes(15),
      copies: [{ folder: '/mnt/nas' }, { url: 'https://h.example/x', token: 'a-token' }],
      timestamp: 'http://t.example',
    })
    const usual = await load('')
    expect(usual.ok && usual.site.keeping.evidence.every).toBe(hours(1))
  })

  test.each([
    ['evidence: { every: 5s }', 'bad-period', 4, 20],
    ['evidence: { every: soon }', 'bad-duration', 4, 20],
    ['evidence: { evry: 1h }', 'unknown-key', 4, 13],
    ['evidence: { copies: [{}] }', 'bad-place', 4, 22],
    ['evidence: { copies: [{ url: nas }] }', 'bad-url', 4, 29],
    ['evidence: { timestamp: { url: tsa } }', 'bad-url', 4, 31],
    ['evidence: { timestamp: {} }', 'missing', 4, 13],
    ['evidence: 1h', 'wrong-type', 4, 11],
  ])('tells what is wrong with %s, where, and what to write', async (block, code, line, column) => {
    const loaded = await load(`${block}\n`)
    expect(loaded.ok ? [] : loaded.problems).toMatchObject([
      { code, line, column, wrong: { zh: expect.any(String) }, write: { zh: expect.any(String) } },
    ])
  })
})
