import type { Server } from 'node:http'
import type { Accounts } from '../accounts/accounts.ts'
import type { House } from './house.ts'
export class Live {
  constructor(_house: House, _accounts: Accounts) {}
  attach(_server: Server): void {}
  start(): void {}
  async stop(): Promise<void> {}
  figures(): Readonly<Record<string, number>> {
    return {}
  }
}
