import type { Route } from '../route.ts'

export const dosingRoutes: readonly Route[] = []
