import type { Route } from '../route.ts'

export const linkRoutes: readonly Route[] = []
