import type { Words } from '../../protocols/contract/driver.ts'
import { AddressRefused, PortTaken } from '../api/address.ts'
import { SimulationFailed } from '../demo.ts'
import { FolderTaken } from '../store/lock.ts'
import { StoreTrouble } from '../store/store.ts'

/** The file that a `NAME_FILE` variable names cannot be read. */
export class SecretUnreadable extends Error {
  override readonly name = 'SecretUnreadable'

  constructor(variable: string, cause: unknown) {
    super(`${variable}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

/** Why a start failed and what to do, where it is the surroundings' doing; `undefined` for a mistake of ours, which is to be loud. */
export function whyNotStarted(error: unknown): Words | undefined {
  if (error instanceof PortTaken) {
    const { host, port } = error
    return {
      zh: `端口 ${host}:${port} 已被别的程序占用：用 --port 换一个，或停掉占用它的程序`,
      en: `the port ${host}:${port} is in use by another program: choose another with --port, or stop that program`,
    }
  }
  if (error instanceof AddressRefused) {
    return {
      zh: `不能监听该地址：${error.message}。用 --host、--port 换一个`,
      en: `${error.message}: choose another with --host and --port`,
    }
  }
  if (error instanceof FolderTaken) {
    const { folder, pid, since } = error
    return {
      zh: `数据目录 ${folder} 正被另一个值守网关使用(进程 ${pid}，自 ${since}):先停掉它，或用 --data 换一个目录`,
      en: `${error.message} Stop it, or name another folder with --data.`,
    }
  }
  if (error instanceof SimulationFailed) {
    return { zh: `演示设备未能启动：${error.message}`, en: `the demo's simulated equipment did not start: ${error.message}` }
  }
  if (error instanceof StoreTrouble) {
    return { zh: `数据目录无法使用：${error.message}`, en: `the data directory cannot be used: ${error.message}` }
  }
  if (error instanceof SecretUnreadable) {
    return { zh: `无法读取密码文件：${error.message}`, en: `a file with a secret cannot be read: ${error.message}` }
  }
  return undefined
}
