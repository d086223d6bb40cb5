import { existsSync } from 'node:fs'
import { join } from 'node:path'
import files from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

/** Serves the built dashboard. Every address that is the page's own business answers with the page; the rest is `missing`. */
export async function servePage(
  app: FastifyInstance,
  folder: string | undefined,
  missing: (request: FastifyRequest, reply: FastifyReply) => FastifyReply,
): Promise<void> {
  const hasPage = folder !== undefined && existsSync(join(folder, 'index.html'))
  if (hasPage) {
    await app.register(files, {
      root: folder,
      preCompressed: true,
      wildcard: true,
      cacheControl: false,
      setHeaders(reply, path) {
        // Names below assets/ carry a hash of their content, so a browser need never ask again.
        const isHashed = /[\\/]assets[\\/]/.test(path)
        reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache')
      },
    })
  }
  app.setNotFoundHandler((request, reply) => {
    const wantsPage = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html')
    const isPage = !/^\/(api|docs|assets|socket\.io)\b/.test(request.url)
    if (hasPage && wantsPage && isPage) return reply.header('cache-control', 'no-cache').sendFile(shellOf(request.url, folder))
    return missing(request, reply)
  })
}

/** The link of a message opens a small page of its own. */
function shellOf(url: string, folder: string): 'answer.html' | 'index.html' {
  return url.startsWith('/a/') && existsSync(join(folder, 'answer.html')) ? 'answer.html' : 'index.html'
}
