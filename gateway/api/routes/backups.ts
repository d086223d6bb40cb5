import type { Route } from '../route.ts'

export const backupsRoutes: readonly Route[] = []
