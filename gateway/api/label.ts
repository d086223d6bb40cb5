import { z } from 'zod'
import type { House } from './house.ts'

/** Asked for by whoever prints labels: how their browser reaches the gateway, for sites that do not say it themselves. */
export const printedFrom = z.object({
  origin: z
    .url({ protocol: /^https?$/ })
    .max(200)
    .optional(),
})

/** What the address on a label begins with; nothing where no address is known. */
export const addressOf = ({ site }: House, { origin }: z.output<typeof printedFrom>): string | undefined =>
  (site.server.publicUrl ?? origin)?.replace(/\/+$/, '')
