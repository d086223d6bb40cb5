import type { Route } from '../route.ts'

export const roundRoutes: readonly Route[] = []
