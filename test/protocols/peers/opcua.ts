import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import { DataType, MessageSecurityMode, SecurityPolicy, StatusCodes } from 'node-opcua-client'
import { OPCUAServer } from 'node-opcua-server'

interface Variable {
  setValueFromSource(value: object, status?: object, at?: Date): void
}

export interface OpcuaPeer {
  readonly endpoint: string
  /** SHA-256 of its certificate, lower-case hex. */
  readonly fingerprint: string
  readonly certificate: Uint8Array
  /** The kinds of every request that ever came. */
  readonly requests: ReadonlySet<string>
  set(name: string, value: number): void
  fail(name: string): void
  doubt(name: string, value: number): void
  stop(): Promise<void>
}

export interface PeerOptions {
  /** The server keeps what the temperature was. */
  readonly history?: boolean
}

/** A server of the OPC UA stack's own making: doubles, a boolean, an Int64, a text and an array in namespace 1. */
export async function startOpcua(port: number, { history = false }: PeerOptions = {}): Promise<OpcuaPeer> {
  const folder = mkdtempSync(join(tmpdir(), 'zhishou-opcua-peer-'))
  const server = new OPCUAServer({
    port,
    host: '127.0.0.1',
    hostname: '127.0.0.1',
    serverCertificateManager: new OPCUACertificateManager({ rootFolder: folder, automaticallyAcceptUnknownCertificate: true }),
    securityPolicies: [
      SecurityPolicy.None,
      SecurityPolicy.Basic256Sha256,
      SecurityPolicy.Aes128_Sha256_RsaOaep,
      SecurityPolicy.Aes256_Sha256_RsaPss,
    ],
    securityModes: [MessageSecurityMode.None, MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt],
    allowAnonymous: true,
    userManager: { isValidUser: (user: string, password: string) => user === 'watch' && password === 'man' },
    disableDiscovery: true,
  })
  const requests = new Set<string>()
  server.on('request', (request: { readonly schema: { readonly name: string } }) => requests.add(request.schema.name))
  await server.initialize()
  const space = server.engine.addressSpace
  if (!space) throw new Error('The server has no address space.')
  const own = space.getOwnNamespace()
  const variables = new Map<string, Variable>()
  const add = (name: string, dataType: DataType, value: unknown, valueRank = -1): void => {
    const variable = own.addVariable({
      organizedBy: space.rootFolder.objects,
      browseName: name,
      nodeId: `s=${name}`,
      dataType,
      valueRank,
    })
    variable.setValueFromSource({ dataType, value, arrayType: valueRank > 0 ? 1 : 0 })
    variables.set(name, variable)
  }
  add('temperature', DataType.Double, 21.5)
  add('humidity', DataType.Float, 45.1)
  add('leak', DataType.Boolean, true)
  add('total', DataType.Int64, [0, 123_456])
  add('label', DataType.String, 'rack 7')
  add('list', DataType.Double, new Float64Array([1, 2]), 1)
  const plant = own.addObject({ organizedBy: space.rootFolder.objects, browseName: 'Plant', nodeId: 's=Plant' })
  const boiler = own.addObject({ componentOf: plant, browseName: 'Boiler', nodeId: 's=Boiler' })
  own.addAnalogDataItem({
    componentOf: boiler,
    browseName: 'Pressure',
    nodeId: 's=Boiler.Pressure',
    dataType: 'Double',
    engineeringUnitsRange: { low: 0, high: 16 },
    engineeringUnits: { namespaceUri: '', unitId: 1, displayName: { text: 'bar' }, description: { text: 'bar' } },
    value: { dataType: DataType.Double, value: 3.5 },
  })
  if (history) space.installHistoricalDataNode(variables.get('temperature') as never, { maxOnlineValues: 10_000 })
  await server.start()
  const variable = (name: string): Variable => {
    const found = variables.get(name)
    if (!found) throw new Error(`No variable ${name}.`)
    return found
  }
  return {
    endpoint: `opc.tcp://127.0.0.1:${port}`,
    certificate: server.getCertificate(),
    requests,
    fingerprint: createHash('sha256').update(server.getCertificate()).digest('hex'),
    set: (name, value) =>
      void variable(name).setValueFromSource({ dataType: DataType.Double, value }, StatusCodes.Good, new Date()),
    fail: name =>
      void variable(name).setValueFromSource({ dataType: DataType.Double, value: 0 }, StatusCodes.BadSensorFailure, new Date()),
    doubt: (name, value) =>
      void variable(name).setValueFromSource(
        { dataType: DataType.Double, value },
        StatusCodes.UncertainLastUsableValue,
        new Date(),
      ),
    async stop() {
      await server.shutdown(0)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
