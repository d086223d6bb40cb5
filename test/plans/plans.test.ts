import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant } from '../../protocols/contract/time.ts'
import { Drawings } from '../../gateway/plans/drawings.ts'
import type { DrawingId } from '../../gateway/plans/drawings.ts'
import { arranged, isNothing, isPlan, mostPlans, rearranged } from '../../gateway/plans/plan.ts'
import type { Plan } from '../../gateway/plans/plan.ts'
import { Plans } from '../../gateway/plans/plans.ts'
import { StoreTrouble } from '../../gateway/store/store.ts'
import type { Decide } from '../../gateway/turn.ts'
import { png } from '../kit/picture.ts'
import { emptyFolder } from '../store/folder.ts'

const at = instant(1_000)
const say = (text: string) => ({ zh: text, en: text })
const drawing = { file: `${'a'.repeat(64)}.png` as DrawingId, type: 'image/png', width: 40, height: 20 } as const
const another = { ...drawing, file: `${'b'.repeat(64)}.png` as DrawingId }
const nameOf = (equipment: string) => (equipment.startsWith('cold') ? say(equipment) : undefined)

/** As the pipeline does it: decides, writes, answers. */
class Ground {
  readonly plans = new Plans()
  readonly checkpoints = new Map<string, unknown>()
  readonly kinds: string[] = []
  data: Readonly<Record<string, unknown>> = {}

  do<T>(decide: Decide<T>): T {
    const { drafts = [], checkpoints = [], answer } = decide(at)
    for (const { kind, data } of drafts) {
      this.kinds.push(kind)
      this.data = data
    }
    for (const { key, value } of checkpoints) {
      if (value === undefined) this.checkpoints.delete(key)
      else this.checkpoints.set(key, JSON.parse(JSON.stringify(value)))
    }
    return answer([])
  }

  /** The disk did not take it. */
  fails<T>(decide: Decide<T>): void {
    decide(at).undo?.()
  }

  again(): Plans {
    const plans = new Plans()
    plans.restore(this.checkpoints)
    return plans
  }
}

const add = (ground: Ground, name = '一层') => ground.do(ground.plans.add(say(name), drawing, 'admin'))

describe('floor plans', () => {
  test('are made, renamed, redrawn, arranged and removed, each with its entry, and are there after a start', () => {
    const ground = new Ground()
    const { plans } = ground

    expect(add(ground)).toMatchObject({ ok: true, plan: { id: 'P1', version: 1, places: [] } })
    expect(ground.do(plans.rename('P1', 1, say('二层'), 'li'))).toMatchObject({ ok: true, plan: { version: 2, changedBy: 'li' } })
    ground.do(plans.redraw('P1', 2, another, 'li'))
    ground.do(plans.arrange('P1', 3, [{ equipment: 'cold-1', x: 0.1234567, y: 1 }], nameOf, 'li'))

    expect(ground.kinds).toEqual(['plan.added', 'plan.renamed', 'plan.drawing-replaced', 'plan.arranged'])
    expect(ground.data).toEqual({ plan: 'P1', name: say('二层'), version: 4, placed: ['cold-1'], moved: [], takenOff: [] })
    expect(ground.again().all).toEqual(plans.all)
    expect(plans.of('P1')).toMatchObject({
      drawing: another,
      places: [{ equipment: 'cold-1', name: say('cold-1'), x: 0.12346, y: 1 }],
    })

    ground.do(plans.remove('P1', 4, 'li'))
    expect(ground.data).toMatchObject({ plan: 'P1', places: ['cold-1'] })
    expect(ground.again().all).toEqual([])
    // The journal speaks of P1 for ever: no other plan is ever called so.
    const later = ground.again()
    expect(ground.do(later.add(say('x'), drawing, 'li'))).toMatchObject({ ok: true, plan: { id: 'P2' } })
  })

  test('are not changed by who has seen another version', () => {
    const ground = new Ground()
    const { plans } = ground
    add(ground)
    ground.do(plans.rename('P1', 1, say('二层'), 'li'))

    const stale = { ok: false, why: 'changed-meanwhile', by: 'li', version: 2 }
    expect(ground.do(plans.rename('P1', 1, say('x'), 'wang'))).toEqual(stale)
    expect(ground.do(plans.redraw('P1', 3, another, 'wang'))).toEqual(stale)
    expect(ground.do(plans.arrange('P1', 1, [], nameOf, 'wang'))).toEqual(stale)
    expect(ground.do(plans.remove('P1', 1, 'wang'))).toEqual(stale)
    for (const decide of [
      plans.rename('P9', 1, say('x'), 'wang'),
      plans.remove('P9', 1, 'wang'),
      plans.arrange('P9', 1, [], nameOf, 'wang'),
    ])
      expect(ground.do<unknown>(decide)).toEqual({ ok: false, why: 'no-such-plan' })
    expect(ground.kinds).toEqual(['plan.added', 'plan.renamed'])
  })

  test('are as they were where the disk does not take the change', () => {
    const ground = new Ground()
    const { plans } = ground
    add(ground)
    const before = plans.all

    ground.fails(plans.add(say('x'), drawing, 'li'))
    ground.fails(plans.rename('P1', 1, say('x'), 'li'))
    ground.fails(plans.arrange('P1', 1, [{ equipment: 'cold-1', x: 0, y: 0 }], nameOf, 'li'))
    ground.fails(plans.remove('P1', 1, 'li'))

    expect(plans.all).toEqual(before)
  })

  test('are fifty at most', () => {
    const ground = new Ground()
    for (let index = 0; index < mostPlans; index += 1) expect(add(ground)).toMatchObject({ ok: true })
    expect(add(ground)).toEqual({ ok: false, why: 'too-many' })
    expect(ground.plans.all.map(({ id }) => id).slice(8, 11)).toEqual(['P9', 'P10', 'P11'])
  })

  test('an arrangement that changes nothing is no change', () => {
    const ground = new Ground()
    add(ground)
    expect(ground.do(ground.plans.arrange('P1', 1, [], nameOf, 'li'))).toMatchObject({ ok: true, plan: { version: 1 } })
    expect(ground.kinds).toEqual(['plan.added'])
  })

  test('what has gone from the site stays by its name, and is not placed anew', () => {
    const before = [{ equipment: 'gone-1', name: say('旧冰柜'), x: 0.5, y: 0.5 }]
    const wanted = [{ equipment: 'gone-1', x: 0.6, y: 0.5 }]
    expect(arranged(before, wanted, nameOf)).toEqual({ ok: true, places: [{ ...before[0], x: 0.6 }] })
    expect(arranged([], wanted, nameOf)).toEqual({ ok: false, why: 'no-such-equipment', equipment: 'gone-1' })
    const twice = [wanted[0], wanted[0]] as never
    expect(arranged(before, twice, nameOf)).toEqual({ ok: false, why: 'twice', equipment: 'gone-1' })
  })

  const places = fc
    .uniqueArray(fc.tuple(fc.nat(9), fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })), {
      selector: ([id]) => id,
    })
    .map(found => found.map(([id, x, y]) => ({ equipment: `cold-${id}`, x, y })))
  test('the entry says of each piece of equipment once what was done with it', () => {
    fc.assert(
      fc.property(places, places, (one, other) => {
        const before = arranged([], one, nameOf)
        const after = before.ok && arranged(before.places, other, nameOf)
        if (!before.ok || !after || !after.ok) throw new Error('all of it is in the site')
        const { placed, moved, takenOff } = rearranged(before.places, after.places)
        const all = [...placed, ...moved, ...takenOff]
        expect(new Set(all).size).toBe(all.length)
        const was = new Set(one.map(({ equipment }) => equipment))
        const is = new Set(other.map(({ equipment }) => equipment))
        expect(placed.toSorted()).toEqual([...is].filter(id => !was.has(id)).toSorted())
        expect(takenOff.toSorted()).toEqual([...was].filter(id => !is.has(id)).toSorted())
        expect(isNothing(rearranged(after.places, after.places))).toBe(true)
      }),
    )
  })

  test('a row that the disk has changed is left out', () => {
    const ground = new Ground()
    add(ground)
    const plan = ground.plans.of('P1') as Plan
    expect(isPlan(plan)).toBe(true)
    for (const broken of [
      null,
      'x',
      { ...plan, drawing: { ...drawing, file: '../../etc/passwd' } },
      { ...plan, drawing: { ...drawing, type: 'text/html' } },
      { ...plan, version: '1' },
      { ...plan, places: [{ equipment: 'x' }] },
      { ...plan, name: 'x' },
    ]) {
      expect(isPlan(broken)).toBe(false)
      ground.checkpoints.set('plan:P1', broken)
      expect(ground.again().all).toEqual([])
    }
    ground.checkpoints.set('plan:P7', plan)
    expect(ground.again().all).toEqual([])
  })
})

describe('drawings on the disk', () => {
  test('lie under their own digest, and one that is damaged is not shown', async () => {
    const drawings = new Drawings(join(emptyFolder(), 'plans'))
    const id = await drawings.keep(png(), 'png')
    expect(await drawings.keep(png(), 'png')).toBe(id)
    expect(readdirSync(drawings.folder)).toEqual([id])
    expect(await drawings.read(id)).toEqual(png())
    writeFileSync(join(drawings.folder, id), 'something else')
    expect(await drawings.read(id)).toBe('damaged')
    expect(await drawings.read(`${'0'.repeat(64)}.png` as DrawingId)).toBeUndefined()
  })

  test('that no plan shows go after a day, and what a kill left half written at once', async () => {
    const drawings = new Drawings(join(emptyFolder(), 'plans'))
    const [shown, old, young] = [
      await drawings.keep(png(4, 3, 1), 'png'),
      await drawings.keep(png(4, 3, 2), 'png'),
      await drawings.keep(png(4, 3, 3), 'png'),
    ]
    const now = instant(Date.now())
    for (const id of [shown, old]) utimesSync(join(drawings.folder, id), new Date(0), new Date(0))
    writeFileSync(join(drawings.folder, `${old}.1-1.part`), 'half')

    expect(await drawings.sweep(new Set([shown]), now)).toBe(2)
    expect(readdirSync(drawings.folder).toSorted()).toEqual([shown, young].toSorted())
    expect(await new Drawings(join(emptyFolder(), 'nowhere')).sweep(new Set(), now)).toBe(0)
  })

  test('that the disk does not take are trouble, not a plan', async () => {
    const folder = emptyFolder()
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'plans'), 'a file where the folder should be')
    await expect(new Drawings(join(folder, 'plans')).keep(png(), 'png')).rejects.toThrow(StoreTrouble)
  })
})
