import { writeFile } from 'node:fs/promises'
import { protocols } from '../../protocols/registry.ts'
import { modelSchema } from './model-schema.ts'
import { siteSchema } from './schema.ts'
import { loadShelf } from './shelf.ts'

/** The published schema as text. */
export const schemaText = async (): Promise<string> => `${JSON.stringify(siteSchema(await loadShelf(), protocols), null, 1)}\n`

/** The same of a model file. */
export const modelSchemaText = async (): Promise<string> => `${JSON.stringify(modelSchema((await loadShelf()).types), null, 1)}\n`

// `node gateway/site/write-schema.ts` writes them anew after a type, a rule or a protocol has changed.
if (import.meta.main) {
  await writeFile(new URL('site.schema.json', import.meta.url), await schemaText())
  await writeFile(new URL('model.schema.json', import.meta.url), await modelSchemaText())
}
