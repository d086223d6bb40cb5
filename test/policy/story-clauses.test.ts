import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { Rule } from '../../gateway/policy/rule.ts'
import { loadSite } from '../../gateway/site/load.ts'
import type { Site } from '../../gateway/site/site.ts'
import { firstDifference } from '../../gateway/story/compare.ts'
import { readStory } from '../../gateway/story/read.ts'
import { play } from '../../gateway/story/stage.ts'
import type { Story } from '../../gateway/story/story.ts'
import { protocols } from '../../protocols/registry.ts'

const folder = fileURLToPath(new URL('../stories/', import.meta.url))
const school = fileURLToPath(new URL('../../simulators/school/site.yaml', import.meta.url))

async function siteAt(path: string): Promise<Site> {
  const loaded = await loadSite(path, {}, protocols)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  return loaded.site
}

const sites = new Map([[school, await siteAt(school)]])
const stories: Story[] = []
for (const name of readdirSync(folder).filter(one => /^(srv|gas|fir|dut|can|vac|wat|pat)-/.test(one))) {
  const read = await readStory(`${folder}${name}`)
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  stories.push(read.story)
  if (!sites.has(read.story.site)) sites.set(read.story.site, await siteAt(read.story.site))
}
const siteOf = ({ site }: Story): Site => sites.get(site) as Site

/** The first place where the journal of the story is not as expected, played on a site with these rules. */
async function differs(story: Story, rules: readonly Rule[]): Promise<boolean> {
  const played = await play(story, { ...siteOf(story), rules })
  // Nobody can answer an alarm that was never raised.
  return !played.ok || firstDifference(story.expected ?? [], played.entries) !== undefined
}

const clauseOf = ({ name }: Story): string => name.split('-', 2).join('-').toUpperCase()
/** The rules of the story's own clause that it expects to speak. */
const spoken = (story: Story): readonly Rule[] => {
  const named = new Set(story.expected?.flatMap(({ fields }) => (fields['kind'] === 'alarm.raised' ? [fields['rule']] : [])))
  return siteOf(story).rules.filter(rule => named.has(rule.id) && rule.clause === clauseOf(story))
}

/** The rule with a minute more before it speaks; `undefined` for a kind that has no such setting. */
function slower(rule: Rule): Rule | undefined {
  const spec = rule.spec as Readonly<Record<string, unknown>>
  const key = ['onDelay', 'for'].find(name => typeof spec[name] === 'number')
  return key === undefined ? undefined : { ...rule, spec: { ...spec, [key]: Number(spec[key]) + 60_000 } }
}

test('every clause of every book has a story', () => {
  const clauses = [...(sites.get(school) as Site).clauses.keys()].filter(id => /^(SRV|GAS|FIR|DUT|CAN|VAC|WAT|PAT)-/.test(id))

  expect(clauses).toHaveLength(53)
  expect(clauses.filter(id => !stories.some(story => clauseOf(story) === id))).toEqual([])
})

describe.each(stories.map(story => [story.name, story] as const))('%s', (_name, story) => {
  const { rules } = siteOf(story)

  test('is told as expected, and under its own clause', async () => {
    expect(spoken(story)).not.toEqual([])
    expect(await differs(story, rules)).toBe(false)
  })

  const left = spoken(story).map(rule => [rule.id, rules.filter(one => one !== rule)] as const)
  test.each(left)('is told otherwise without %s', async (_id, others) => {
    expect(await differs(story, others)).toBe(true)
  })

  const slowed = spoken(story).flatMap(rule => {
    const late = slower(rule)
    return late ? [[rule.id, rules.map(one => (one === rule ? late : one))] as const] : []
  })
  test.each(slowed)('is told otherwise when %s waits a minute longer', async (_id, late) => {
    expect(await differs(story, late)).toBe(true)
  })
})
