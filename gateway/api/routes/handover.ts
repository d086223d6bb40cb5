import type { Route } from '../route.ts'

export const handoverRoutes: readonly Route[] = []
