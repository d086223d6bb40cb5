import type { PointId } from '../../protocols/contract/reading.ts'
import type { Entry } from '../journal/entry.ts'
import type { Past } from '../store/past.ts'
import type { LogDocument } from './document.ts'

const photoName = /[0-9a-f]{64}\.(?:jpg|png|webp)/g

/** What logs rest on, learned while they are made: whoever makes a log need not say it twice. */
export class Cited {
  readonly #known: ReadonlySet<unknown>
  readonly #from: number
  readonly #to: number
  /** Points whose readings were read. */
  readonly points = new Set<PointId>()
  /** Places in the journal that rows name. */
  readonly entries = new Set<number>()
  /** Files of pictures that entries of the period name. */
  readonly photos = new Set<string>()

  /** `known`: all points of the site; the period runs until before `to`. */
  constructor(known: Iterable<PointId>, from: number, to: number) {
    this.#known = new Set<unknown>(known)
    this.#from = from
    this.#to = to
  }

  /** The past as it is, watched: whatever is asked of a point, and every entry that comes back. */
  watch(past: Past): Past {
    return new Proxy(past, {
      get: (_, name) => {
        const member: unknown = Reflect.get(past, name)
        if (name === 'entries') return (...asked: Parameters<Past['entries']>) => this.#pictured(past.entries(...asked))
        if (name === 'about') return (...asked: Parameters<Past['about']>) => this.#pictured(past.about(...asked))
        if (typeof member !== 'function') return member
        return (...asked: readonly unknown[]): unknown => {
          this.#note(asked[0])
          return Reflect.apply(member, past, asked)
        }
      },
    })
  }

  #note(asked: unknown): void {
    if (Array.isArray(asked)) asked.forEach(one => this.#note(one))
    else if (typeof asked === 'object' && asked !== null && 'id' in asked) this.#note(asked.id)
    else if (this.#known.has(asked)) this.points.add(asked as PointId)
  }

  /** The log as it is; its rows are noted as they are read. */
  follow(document: LogDocument): LogDocument {
    const { entries } = this
    const sections = document.sections.map(section => ({
      ...section,
      *rows() {
        for (const row of section.rows()) {
          for (const seq of row.entries ?? []) entries.add(seq)
          yield row
        }
      },
    }))
    return { ...document, sections }
  }

  *#pictured(entries: Iterable<Entry>): Generator<Entry> {
    for (const entry of entries) {
      if (entry.at >= this.#from && entry.at < this.#to)
        for (const [name] of JSON.stringify(entry.data).matchAll(photoName)) this.photos.add(name)
      yield entry
    }
  }
}
