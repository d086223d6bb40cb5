import type { Route } from '../route.ts'

export const holdsRoutes: readonly Route[] = []
