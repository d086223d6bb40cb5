import { mkdir } from 'node:fs/promises'
import { DataType, MessageSecurityMode, SecurityPolicy, StatusCodes } from 'node-opcua-client'
import { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import { OPCUAServer } from 'node-opcua-server'

export interface OpcuaVariable {
  /** As the site file writes it: `ns=1;s=Room.Temperature`. */
  readonly node: string
  readonly name: string
  readonly kind: 'number' | 'boolean'
}

export interface OpcuaServerSettings {
  readonly host: string
  readonly port: number
  /** The path part of the endpoint, `/school` or empty. */
  readonly path: string
  readonly username?: string
  readonly password?: string
  /** Where keys and the self-signed certificate are kept between runs. */
  readonly keys: string
  readonly variables: readonly OpcuaVariable[]
}

/** What a variable shows: a value, a device that cannot give one, or something that is not of its type at all. */
export type OpcuaWord =
  | { readonly is: 'value'; readonly value: number }
  | { readonly is: 'sensor-failure' }
  | { readonly is: 'no-communication' }
  | { readonly is: 'nonsense'; readonly text: string }

type Variable = { setValueFromSource(value: object, status?: object, at?: Date): void }

/** An OPC UA server whose address space is exactly the nodes the site file names, under one folder. */
export class OpcuaServer {
  readonly #settings: OpcuaServerSettings
  readonly #variables = new Map<string, { readonly kind: 'number' | 'boolean'; readonly variable: Variable }>()
  #server: OPCUAServer | undefined

  constructor(settings: OpcuaServerSettings) {
    this.#settings = settings
  }

  /** Resolves when it listens. Rejects when the port is taken or a node id makes no sense. */
  async start(): Promise<void> {
    const { host, port, path, keys, username, password } = this.#settings
    await mkdir(keys, { recursive: true })
    const server = new OPCUAServer({
      host,
      hostname: host,
      port,
      ...(path === '' ? {} : { resourcePath: path }),
      serverCertificateManager: new OPCUACertificateManager({ rootFolder: keys, automaticallyAcceptUnknownCertificate: true }),
      securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256],
      securityModes: [MessageSecurityMode.None, MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt],
      allowAnonymous: username === undefined,
      ...(username === undefined
        ? {}
        : { userManager: { isValidUser: (u: string, p: string) => u === username && p === password } }),
      serverInfo: { applicationUri: 'urn:zhishou:simulated', productUri: 'urn:zhishou:simulated' },
      disableDiscovery: true,
    })
    this.#server = server
    await server.initialize()
    this.#build(server)
    await server.start()
  }

  /** Sets what the variable of `node` shows, as of `at` on the world's clock. */
  set(node: string, word: OpcuaWord, at: number): void {
    const known = this.#variables.get(node)
    if (!known) return
    const { variable, kind } = known
    const empty = kind === 'boolean' ? { dataType: DataType.Boolean, value: false } : { dataType: DataType.Double, value: 0 }
    const when = new Date(at)
    switch (word.is) {
      case 'value': {
        const value = kind === 'boolean' ? { ...empty, value: word.value !== 0 } : { ...empty, value: word.value }
        return variable.setValueFromSource(value, StatusCodes.Good, when)
      }
      case 'sensor-failure':
        return variable.setValueFromSource(empty, StatusCodes.BadSensorFailure, when)
      case 'no-communication':
        return variable.setValueFromSource(empty, StatusCodes.BadNoCommunication, when)
      case 'nonsense':
        return variable.setValueFromSource(
          kind === 'boolean' ? { dataType: DataType.Null } : { dataType: DataType.String, value: word.text },
          StatusCodes.Good,
          when,
        )
    }
  }

  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    this.#variables.clear()
    await server?.shutdown(0)
  }

  #build(server: OPCUAServer): void {
    const space = server.engine.addressSpace
    if (!space) throw new Error('the OPC UA address space did not load')
    const own = space.getOwnNamespace()
    const folder = own.addFolder(space.rootFolder.objects, { browseName: 'Equipment' })
    for (const { node, name, kind } of this.#settings.variables) {
      const index = Number(/^ns=(\d+);/.exec(node)?.[1] ?? 0)
      if (index < 1) throw new Error(`node ${node}: simulated nodes live in namespace 1 or above`)
      while (space.getNamespaceArray().length <= index) {
        space.registerNamespace(`urn:zhishou:simulated:namespace:${space.getNamespaceArray().length}`)
      }
      const variable = space.getNamespace(index).addVariable({
        componentOf: folder,
        nodeId: node,
        browseName: name,
        // A device that talks nonsense changes its type too, and BaseDataType lets it; the library wants a Boolean declared as one.
        dataType: kind === 'boolean' ? 'Boolean' : 'BaseDataType',
      })
      this.#variables.set(node, { kind, variable })
    }
  }
}
