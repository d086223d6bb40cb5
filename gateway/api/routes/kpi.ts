import type { Route } from '../route.ts'

export const kpiRoutes: readonly Route[] = []
