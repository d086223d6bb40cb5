import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { build as viteBuild, Plugin } from 'vite'

const here = fileURLToPath(new URL('.', import.meta.url))

/**
 * Builds `verifier.html`: one file with everything in it, that checks a record from a USB stick as well as from a phone. It may load nothing and
 * send nothing: its policy allows its own script, by its hash, and no more.
 */
export function verifierPage(build: typeof viteBuild): Plugin {
  return {
    name: 'zhishou-verifier',
    apply: 'build',
    enforce: 'post',
    async generateBundle() {
      const code = (await verifierCode(build)).replaceAll('</script', '<\\/script')
      const page = await readFile(join(here, 'verifier/verifier.html'), 'utf8')
      const style = /<style>([\s\S]*)<\/style>/.exec(page)?.[1] ?? ''
      const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
      const policy = `default-src 'none'; script-src ${hash(code)}; style-src ${hash(style)}; base-uri 'none'; form-action 'none'`
      const source = page
        .replace('<!--policy-->', () => `<meta http-equiv="content-security-policy" content="${policy}" />`)
        .replace('<!--script-->', () => `<script>${code}</script>`)
      this.emitFile({ type: 'asset', fileName: 'verifier.html', source })
    },
  }
}

async function verifierCode(build: typeof viteBuild): Promise<string> {
  const result = await build({
    configFile: false,
    root: here,
    logLevel: 'error',
    publicDir: false,
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      lib: { entry: join(here, 'verifier/verifier.ts'), formats: ['iife'], name: 'verifier', fileName: () => 'verifier.js' },
    },
  })
  const [output] = Array.isArray(result) ? result : [result]
  const chunk = output && 'output' in output ? output.output[0] : undefined
  if (chunk?.type !== 'chunk') throw new Error('the verifier was not built')
  return chunk.code
}
