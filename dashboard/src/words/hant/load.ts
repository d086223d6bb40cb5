import { dress } from './dress.ts'
import { field } from './field.ts'
import { hantBy } from './hant.ts'
import type { Convert } from './hant.ts'
import { readHant } from './reader.ts'

/** Reads the table, which is a file of its own: it weighs more than the rest of the page. */
export async function loadHant(address: string, get: (address: string) => Promise<Response> = fetch): Promise<Convert> {
  const response = await get(address)
  if (!response.ok) throw new Error(`${address}: ${response.status}`)
  return hantBy(await response.text(), field)
}

/** For the page: whatever is said, texts and dictionaries alike, in the characters of 繁體中文. */
export async function hantDress(): Promise<<T>(value: T) => T> {
  const convert = await loadHant(new URL('./table.txt', import.meta.url).href)
  void readHant()
  return value => dress(value, convert)
}
