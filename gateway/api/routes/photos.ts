import { z } from 'zod'
import { pictureTypes } from '../../records/picture.ts'
import { largestPhoto } from '../../records/photos.ts'
import { notFound, Refusal } from '../problem.ts'
import { Answer, route } from '../route.ts'
import { idParams, problem } from '../shapes.ts'

const tag = 'Photos'

const send = route({
  method: 'POST',
  url: '/api/v1/photos',
  may: 'record',
  summary: 'A photo for a record, as its bytes; what it is is read from them. One that no record takes is gone after a day',
  tag,
  accepts: Object.keys(pictureTypes),
  largest: largestPhoto,
  body: z.custom<Uint8Array>(body => body instanceof Uint8Array && body.byteLength > 0, { message: 'empty' }),
  answers: {
    201: z.object({ id: z.string(), bytes: z.number() }),
    400: problem,
    413: problem,
    415: problem,
    503: problem,
  },
  async act({ house, body }) {
    const kept = await house.photos.keep(body)
    if (!kept) throw noPicture
    return new Answer(201, kept)
  },
})

const show = route({
  method: 'GET',
  url: '/api/v1/photos/:id',
  may: 'see',
  summary: 'A photo; its id is the SHA-256 that the journal has of it, so it never changes',
  tag,
  params: idParams,
  answers: { 200: z.any(), 404: problem },
  async act({ house, params }) {
    const found = await house.photos.read(params.id)
    if (found === undefined) throw notFound({ zh: '没有这张照片。', en: 'There is no such photo.' })
    if (found === 'damaged') throw damaged
    return new Answer(200, found.bytes, {
      type: found.type,
      headers: { 'cache-control': 'private, max-age=31536000, immutable', 'content-disposition': 'inline' },
    })
  },
})

const noPicture = new Refusal('bad-request', {
  zh: '这不是完整的 JPEG、PNG 或 WebP 图片，或图片太大（边长不超过 16384 像素）。请重新拍照。',
  en: 'This is not a whole JPEG, PNG or WebP picture, or it is too large (16384 pixels a side). Take it again.',
})
const damaged = notFound({
  zh: '照片文件已损坏，与日志中的校验值不符，不予显示。',
  en: 'The photo on the disk is damaged: it is not what the journal has. It is not shown.',
})

export const photoRoutes = [send, show]
