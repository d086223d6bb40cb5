import type { Route } from './route.ts'
import { healthRoutes } from './routes/health.ts'
import { sessionRoutes } from './routes/session.ts'
import { siteRoutes } from './routes/site.ts'

/** Every route of the interface, so that a test can prove of each that it is guarded. */
export const routes: readonly Route[] = [...healthRoutes, ...sessionRoutes, ...siteRoutes]
