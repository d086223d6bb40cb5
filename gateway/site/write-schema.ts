import { writeFile } from 'node:fs/promises'
import { protocols } from '../../protocols/registry.ts'
import { siteSchema } from './schema.ts'
import { loadShelf } from './shelf.ts'

/** The published schema as text. */
export const schemaText = async (): Promise<string> => `${JSON.stringify(siteSchema(await loadShelf(), protocols), null, 1)}\n`

// `node gateway/site/write-schema.ts` writes it anew after a type, a rule or a protocol has changed.
if (import.meta.main) await writeFile(new URL('site.schema.json', import.meta.url), await schemaText())
