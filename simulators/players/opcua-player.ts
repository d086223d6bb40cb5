import type { Settings } from '../binding.ts'
import { CannotPlay, loopback, textOf } from '../binding.ts'
import { later } from '../clock.ts'
import type { OpcuaWord } from '../servers/opcua-server.ts'
import { OpcuaServer } from '../servers/opcua-server.ts'
import { SLOWNESS } from '../wire-faults.ts'
import type { Player, WiredPoint } from './player.ts'
import { rawOf } from './raw.ts'

const EVERY_REAL = 200

interface Node {
  readonly id: string
  readonly point: WiredPoint
  readonly raw: (value: number) => number
}

/** The variables of one OPC UA connection. */
export class OpcuaPlayer implements Player {
  readonly #server: OpcuaServer
  readonly #nodes: readonly Node[]
  readonly #late = new Set<() => void>()
  #spoke = -Infinity

  /** `keys`: the folder for this server's certificate. */
  constructor(name: string, settings: Settings, points: readonly WiredPoint[], keys: string) {
    const endpoint = textOf(settings, 'endpoint') ?? 'opc.tcp://127.0.0.1:4840'
    const at = URL.canParse(endpoint) ? new URL(endpoint) : undefined
    if (at?.protocol !== 'opc.tcp:') throw new CannotPlay(`connections.${name}.endpoint: ${endpoint}, opc.tcp://127.0.0.1:4840`)
    this.#nodes = points.map(point => {
      const id = textOf(point.binding, 'node')
      if (id === undefined) throw new CannotPlay(`${point.where}: 缺少 node · node is missing`)
      return { id, point, raw: rawOf(point) }
    })
    const username = textOf(settings, 'username')
    const password = textOf(settings, 'password')
    this.#server = new OpcuaServer({
      host: loopback(at.hostname.replace(/^\[|\]$/g, ''), `connections.${name}.endpoint`),
      port: Number(at.port || 4840),
      path: at.pathname === '/' ? '' : at.pathname,
      keys,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      variables: this.#nodes.map(({ id, point }) => ({
        node: id,
        name: point.where,
        kind: point.contact ? 'boolean' : 'number',
      })),
    })
  }

  start(): Promise<void> {
    return this.#server.start()
  }

  async stop(): Promise<void> {
    for (const cancel of this.#late) cancel()
    this.#late.clear()
    await this.#server.stop()
  }

  tell(now: number, real: number): void {
    if (real - this.#spoke < EVERY_REAL) return
    this.#spoke = real
    for (const node of this.#nodes) {
      const word = wordOf(node)
      if (!node.point.equipment.suffers('slow')) this.#server.set(node.id, word, now)
      else {
        const cancel = later(SLOWNESS, () => {
          this.#late.delete(cancel)
          this.#server.set(node.id, word, now)
        })
        this.#late.add(cancel)
      }
    }
  }
}

/** Here the server goes on answering for a silent device, and says that nothing comes from it. */
function wordOf({ point: { equipment, key }, raw }: Node): OpcuaWord {
  if (equipment.suffers('device-silent')) return { is: 'no-communication' }
  if (equipment.suffers('garbage')) return { is: 'nonsense', text: '\u0007#?{' }
  const value = equipment.value(key)
  if (value === undefined) return { is: 'no-communication' }
  return value === 'sensor-lost' ? { is: 'sensor-failure' } : { is: 'value', value: raw(value) }
}
