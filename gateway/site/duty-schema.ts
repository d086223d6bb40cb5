import { priorities } from '../policy/rule.ts'
import { personKeys } from './people.ts'

const words = { $ref: '#/definitions/words' }
const text = { type: 'string', minLength: 1 }
const texts = { type: 'array', items: text }
const day = { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$' }
const hours = { type: 'string', pattern: '^\\d{1,2}:\\d{2} *- *\\d{1,2}:\\d{2}$', description: "'22:00-06:00'" }
const someone = { anyOf: [text, texts], description: '一个人、一个值班表，或几个 · a person, a roster, or several' }
const id = '^[a-z0-9][a-z0-9_-]{0,63}$'

const closed = (properties: object, required: readonly string[] = []) => ({
  type: 'object',
  additionalProperties: false,
  properties,
  ...(required.length > 0 && { required }),
})
const keyed = (item: object) => ({ type: 'object', propertyNames: { pattern: id }, additionalProperties: item })

const ownForms: Readonly<Record<string, object>> = {
  name: words,
  language: { enum: ['zh', 'en'], default: 'zh' },
  roles: { ...texts, description: '条文里的叫法：食堂主管 · as the clauses name them' },
  channels: texts,
}

/** What stands below `people:`, for editors. */
export const peopleSchema = () => keyed(closed(Object.fromEntries(personKeys.map(key => [key, ownForms[key] ?? text])), ['name']))

const lines = {
  type: 'array',
  minItems: 1,
  items: { type: 'object', propertyNames: { pattern: id }, additionalProperties: { type: ['string', 'null'] } },
  description: '每天一行，轮完从头再来 · a line a day, round and round',
}
const rotation = { from: day, rotation: lines }

const roster = closed(
  {
    name: words,
    shifts: keyed({ anyOf: [hours, closed({ name: words, hours }, ['hours'])] }),
    ...rotation,
    nonWorking: closed(rotation, ['from', 'rotation']),
    swaps: {
      type: 'array',
      items: closed({ on: day, shift: text, person: text, reason: text }, ['on', 'shift', 'person']),
    },
  },
  ['shifts', 'from', 'rotation'],
)
const times = { type: 'array', items: { $ref: '#/definitions/duration' } }
const urgencies = { type: 'array', items: { $ref: '#/definitions/priority' } }

/** What stands below `duty:`. */
export const dutySchema = () =>
  closed({
    rosters: keyed(roster),
    roles: { type: 'object', additionalProperties: someone },
    cells: keyed(closed({ name: words, areas: texts, head: text, above: text }, ['head'])),
    routes: {
      type: 'array',
      items: closed({ clauses: texts, areas: texts, equipment: texts, priorities: urgencies, tell: someone, channels: texts }, [
        'tell',
      ]),
    },
    escalate: closed(Object.fromEntries(priorities.map(priority => [priority, times]))),
    quiet: closed({ hours, priorities: urgencies }, ['hours', 'priorities']),
  })
