import type { Words } from '../../protocols/contract/driver.ts'
import type { DrawingFault } from '../plans/drawing.ts'
import type { Place, Plan } from '../plans/plan.ts'
import type { PlanRefusal } from '../plans/plans.ts'
import { notFound, Refusal } from './problem.ts'
import type { Call } from './route.ts'
import type { WirePlace, WirePlan, WirePlanDetail } from './wire-plans.ts'

type Seen = Pick<Call, 'time' | 'house'>

export function showPlan(
  { time }: Pick<Call, 'time'>,
  { id, name, version, drawing, places, changedAt, changedBy }: Plan,
): WirePlan {
  const { type, width, height, file } = drawing
  const href = `/api/v1/plans/${id}/drawing?is=${file.slice(0, 16)}`
  return {
    id,
    name,
    version,
    drawing: { type, width, height, href },
    count: places.length,
    changedAt: time(changedAt),
    changedBy,
  }
}

export function showWhole(call: Seen, plan: Plan): WirePlanDetail {
  const names = new Map(call.house.site.equipment.map(({ id, name }) => [id, name]))
  return { ...showPlan(call, plan), places: plan.places.map(place => showPlace(place, names.get(place.equipment))) }
}

const showPlace = ({ equipment, name, x, y }: Place, now: Words | undefined): WirePlace => ({
  equipment,
  name: now ?? name,
  x,
  y,
  ...(now ? {} : { gone: true }),
})

export function planRefusal(refusal: PlanRefusal): Refusal {
  switch (refusal.why) {
    case 'no-such-plan':
      return notFound({ zh: '没有这张平面图，可能已被删除。', en: 'There is no such floor plan; it may have been removed.' })
    case 'too-many':
      return new Refusal('conflict', {
        zh: '平面图已有 50 张，请先删除不用的。',
        en: 'There are 50 floor plans already: remove one that is not used.',
      })
    case 'changed-meanwhile':
      return new Refusal('conflict', {
        zh: `这张平面图刚被 ${refusal.by} 改过（现在是第 ${refusal.version} 版），没有保存。请看过新的再改。`,
        en: `${refusal.by} has just changed this floor plan (it is version ${refusal.version} now); nothing was saved. Look at it and change it again.`,
      })
    case 'no-such-equipment':
      return new Refusal('bad-request', {
        zh: `现场里没有设备“${refusal.equipment}”，不能放上平面图。`,
        en: `There is no equipment "${refusal.equipment}" in the site to be placed.`,
      })
    case 'twice':
      return new Refusal('bad-request', {
        zh: `设备“${refusal.equipment}”在同一张图上放了两次。`,
        en: `The equipment "${refusal.equipment}" is placed twice on one plan.`,
      })
  }
}

/** What is wrong with a file, where, and what to do. */
export function drawingRefusal(why: DrawingFault, detail: string, line: number | undefined): Refusal {
  const { zh, en } = drawingSentences[why](detail)
  const place = line === undefined || line <= 1 ? { zh: '', en: '' } : { zh: `（第 ${line} 行）`, en: ` (line ${line})` }
  return new Refusal('bad-request', { zh: zh.replace('§', place.zh), en: en.replace('§', place.en) })
}

const plainSvg = {
  zh: '请在绘图软件里另存为“普通 SVG”（Inkscape：另存为 → 纯 SVG），或导出 PNG。',
  en: 'Save it as plain SVG in the drawing program (Inkscape: Save as → Plain SVG), or export a PNG.',
}

const drawingSentences: Readonly<Record<DrawingFault, (detail: string) => Words>> = {
  'another-kind': kind => ({
    zh: `这是 ${kind} 文件，平面图要用 PNG 或 SVG。请导出成 PNG 再上传。`,
    en: `This is a ${kind} file; a floor plan is a PNG or an SVG. Export it as PNG.`,
  }),
  'no-picture': () => ({
    zh: '文件内容既不是 PNG 也不是 SVG，改扩展名没有用。请从绘图软件重新导出。',
    en: 'What is in the file is neither PNG nor SVG, whatever its name says. Export it again from the drawing program.',
  }),
  'broken-png': detail => ({
    zh: `PNG 文件不完整或已损坏（${detail}）。请重新导出。`,
    en: `The PNG is not whole (${detail}). Export it again.`,
  }),
  'too-many-pixels': size => ({
    zh: `图片有 ${size} 像素，边长最多 8192。请缩小后再上传。`,
    en: `The picture has ${size} pixels; 8192 a side is the most. Make it smaller.`,
  }),
  'too-narrow': size => ({
    zh: `图片太窄（${size}）：长边超过短边的 20 倍。请裁剪后再上传。`,
    en: `The picture is too narrow (${size}): one side is more than 20 times the other. Cut it.`,
  }),
  'broken-svg': detail => ({
    zh: `SVG 文件有错误§：${detail}。${plainSvg.zh}`,
    en: `The SVG is broken§: ${detail}. ${plainSvg.en}`,
  }),
  'svg-entities': detail => ({
    zh: `SVG 里声明或使用了自定义实体§：${detail}。为了安全不予接受。${plainSvg.zh}`,
    en: `The SVG declares or uses entities of its own§: ${detail}. For safety it is not taken. ${plainSvg.en}`,
  }),
  'svg-active': detail => ({
    zh: `SVG 里有会运行或嵌入网页的内容§：${detail}。为了安全不予接受。${plainSvg.zh}`,
    en: `The SVG holds something that runs, or a web page§: ${detail}. For safety it is not taken. ${plainSvg.en}`,
  }),
  'svg-external': detail => ({
    zh: `SVG 引用了文件以外的内容§：${detail}。请在绘图软件里把图片“嵌入”文件后再保存，或导出 PNG。`,
    en: `The SVG points to something outside itself§: ${detail}. Embed the picture in the drawing program and save it again, or export a PNG.`,
  }),
  'svg-no-size': () => ({
    zh: `SVG 没有写明尺寸：<svg> 上要有 viewBox，或 width 和 height。${plainSvg.zh}`,
    en: `The SVG does not say its size: <svg> needs a viewBox, or width and height. ${plainSvg.en}`,
  }),
  'svg-too-much': detail => ({
    zh: `SVG 太复杂（${detail}），手机会卡住。请简化，或导出 PNG。`,
    en: `The SVG is too much for a phone (${detail}). Simplify it, or export a PNG.`,
  }),
}
