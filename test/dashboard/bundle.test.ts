import { readFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { builtDashboard } from './built.ts'

let folder: string
beforeAll(async () => {
  folder = await builtDashboard()
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const assets = async (ending: string) => (await readdir(join(folder, 'assets'))).filter(name => name.endsWith(ending))

describe('the built dashboard', () => {
  /** Scripts an HTML page names, and the one language a reader needs; gzip bytes. */
  async function weightOf(html: string): Promise<number> {
    const page = await readFile(join(folder, html), 'utf8')
    const named = [...page.matchAll(/assets\/([\w.-]+\.js)/g)].map(([, name]) => name ?? '')
    const weigh = async (name: string) => gzipSync(await readFile(join(folder, 'assets', name))).length
    const languages = await Promise.all((await assets('.js')).filter(name => /^(zh|en)-/.test(name)).map(weigh))
    expect(named.length).toBeGreaterThan(0)
    expect(languages).toHaveLength(2)
    const sizes = await Promise.all(named.map(weigh))
    return sizes.reduce((sum, size) => sum + size, Math.max(...languages))
  }

  test('needs at most 100 kB of compressed JavaScript to open, its language included', async () => {
    expect(await weightOf('index.html')).toBeLessThan(100_000)
  })

  test('needs at most 50 kB for the page behind the link of a message', async () => {
    expect(await weightOf('answer.html')).toBeLessThan(50_000)
  })

  test('loads the chart library only when a trend is drawn', async () => {
    const page = await readFile(join(folder, 'index.html'), 'utf8')
    const charts = (await assets('.js')).filter(name => name.startsWith('chart'))

    expect(charts).toHaveLength(1)
    expect(page).not.toContain('chart')
  })

  test('has no inline script and no address outside itself', async () => {
    const page = await readFile(join(folder, 'index.html'), 'utf8')
    const styles = await Promise.all((await assets('.css')).map(name => readFile(join(folder, 'assets', name), 'utf8')))

    expect(page).not.toMatch(/<script(?![^>]*src=)/)
    expect(page).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
    expect(styles.join('')).not.toMatch(/url\(["']?(?:https?:)?\/\//)
  })
})
