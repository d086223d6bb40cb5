import type { LockOuts } from './alarm/lock-outs.ts'
import type { CasesParts } from './cases/cases.ts'
import type { Office } from './duty/office.ts'
import type { Site } from './site/site.ts'

/** Where cases are and who takes them up: those whom DUT-3 names, else the next level that has somebody. */
export function caseParts(site: Site, office: Office, lockOuts: LockOuts): CasesParts {
  const equipment = new Map(site.equipment.map(one => [one.id, one]))
  const areas = new Map(site.areas.map(({ id, name }) => [id, { name, area: id }]))
  const people = [...site.duty.people.values()]
  return {
    lockOuts,
    placeOf: id => equipment.get(id) ?? areas.get(id),
    personOf: account => people.find(person => person.account === account)?.id,
    calledFor({ equipment: at = '', priority }, area, when) {
      const tell = site.clauses.get('DUT-3')?.tell ?? []
      const subject = { clause: 'DUT-3', tell, equipment: at, priority, ...(area === undefined ? {} : { area }) }
      for (let level = 0; level <= office.levels(subject); level += 1) {
        const found = office.recipients(subject, level, when)
        if (found.length > 0) return found.map(({ person }) => person)
      }
      return []
    },
  }
}
