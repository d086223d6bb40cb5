import { instant } from '../../protocols/contract/time.ts'
import { openStore } from '../../gateway/store/open.ts'
import { systemClock } from '../../gateway/clock.ts'
import type { Evaluator } from '../../gateway/policy/evaluator.ts'
import { say } from '../kit/say.ts'
import { duty, person, siteOf } from '../notify/small-site.ts'
import { webhook, works } from '../notify/works.ts'

/**
 * The gateway's telling half on a real store and a real webhook, until it is killed. Raises and clears alarms one after the other and
 * prints each change that is on disk, straight to the pipe: `change RULE raised|cleared`. Arguments: folder, url of the sink, how many
 * changes, and `quiet` where it only sends what is left. Ends when nothing waits any more.
 */
const [folder = '', url = '', many = '0', mode = ''] = process.argv.slice(2)
const equipment = Array.from({ length: 4 }, (_, index) => [`c-${index}`, 'medium'] as const)
const people = new Map(['wang', 'chen'].map(id => [id, person(id, { channels: ['hook'] })]))
const never = { high: [], medium: [], low: [], advisory: [] }
const site = siteOf({
  equipment,
  channels: [webhook('hook', url)],
  duty: { ...duty, people, cells: new Map(), escalate: never },
})

// The test's hand is the only rule: what judges readings has nothing to do and need not be loaded two hundred times.
const noRules = {
  hear: () => [],
  takeFindings: () => [],
  takeChanges: () => [],
  nextWake: () => undefined,
  wordOf: () => undefined,
}
// Alarms are an hour apart by the domain clock, so that they neither chatter nor make a flood.
let ahead = 0
const clock = { now: () => instant(Date.now() + ahead), after: systemClock.after.bind(systemClock) }
const store = await openStore(folder, { wall: systemClock })
const checkpoints = await store.journal.checkpoints()
ahead = (typeof checkpoints.get('test') === 'number' ? (checkpoints.get('test') as number) : 0) + 3_600_000
const all = await works({ site, clock, wall: systemClock, store, evaluator: noRules as unknown as Evaluator })
say('ready')
if (mode !== 'quiet') {
  for (let change = 0; change < Number(many); change++) {
    ahead += 3_600_000
    const id = `c-${change % 4}`
    const isRaised = all.desk.openAlarms().some(({ rule, active }) => rule.startsWith(`${id}.`) && active)
    await all.pipeline.act(() => ({ checkpoints: [{ key: 'test', value: ahead }], answer: () => undefined }))
    await (isRaised ? all.clear(id) : all.raise(id))
  }
}
while (all.dispatcher.posting.waiting().length > 0) await new Promise(resolve => setTimeout(resolve, 5))
await all.pipeline.settled()
say('empty')
await all.stop()
await store.close()
