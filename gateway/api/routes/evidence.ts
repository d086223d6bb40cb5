import type { Route } from '../route.ts'

export const evidenceRoutes: readonly Route[] = []
