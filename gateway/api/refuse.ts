import type { FastifyReply, FastifyRequest } from 'fastify'
import { StoreTrouble } from '../store/store.ts'
import { InvalidInput } from './invalid.ts'
import { influxBody, languageOf, problemBody, Refusal } from './problem.ts'

type Report = (error: unknown, request: string) => void

/** The no of a route, in the language of whoever asked. */
export function refuse(reply: FastifyReply, request: FastifyRequest, refusal: Refusal): FastifyReply {
  const language = languageOf(request.headers['accept-language'])
  return reply
    .code(refusal.status)
    .headers({ ...refusal.headers, 'cache-control': 'no-store', 'content-language': language, vary: 'Accept-Language' })
    .type('application/problem+json; charset=utf-8')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(problemBody(refusal, language))
}

/** Clients of InfluxDB ask for no media type and read JSON by their own names; whoever asks for one gets ours. The words are the same. */
export function refuseAsInflux(reply: FastifyReply, request: FastifyRequest, refusal: Refusal): FastifyReply {
  const isTheirs = request.headers.accept === undefined
  return reply
    .code(refusal.status)
    .headers({ ...refusal.headers, 'cache-control': 'no-store', vary: 'Accept' })
    .type(`application/${isTheirs ? '' : 'problem+'}json; charset=utf-8`)
    .serializer((body: unknown) => JSON.stringify(body))
    .send(influxBody(refusal))
}

/** What a fault is to the caller: ours are told to `report`, with the stack. */
export function refusalOf(error: unknown, request: FastifyRequest, report: Report | undefined): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof InvalidInput) return error.toRefusal()
  if (error instanceof StoreTrouble) {
    return new Refusal('not-recordable', {
      zh: '数据无法写入磁盘，未保存任何内容。',
      en: 'The disk does not take it; nothing was kept.',
    })
  }
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  if (status === 413) return new Refusal('too-large', { zh: '请分成较小的请求。', en: 'Send smaller requests.' })
  if (status === 415)
    return new Refusal('wrong-content-type', { zh: '内容类型或编码不受支持。', en: 'Content type or encoding not supported.' })
  if (status >= 400 && status < 500)
    return new Refusal('bad-request', { zh: '请求无法读取。', en: 'The request cannot be read.' })
  report?.(error, `${request.method} ${request.routeOptions.url ?? '?'}`)
  return new Refusal('broken', { zh: '已记录。', en: 'It has been logged.' })
}
