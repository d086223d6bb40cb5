import type { Route } from '../route.ts'

export const pushRoutes: readonly Route[] = []
