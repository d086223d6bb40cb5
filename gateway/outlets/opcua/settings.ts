/** How a client may secure its channel, the strongest first. `None` is not among them: a password would be readable on the way. */
export const facePolicies = ['Aes256_Sha256_RsaPss', 'Aes128_Sha256_RsaOaep', 'Basic256Sha256'] as const
export type FacePolicy = (typeof facePolicies)[number]

/** The block `opcuaServer` of the site file: what a SCADA may read here, and who may. Without the block there is no server. */
export interface OpcuaServerSettings {
  readonly host: string
  readonly port: number
  /** Name → password as written. Nobody gets in without one of them. */
  readonly accounts: ReadonlyMap<string, string>
  readonly policies: readonly FacePolicy[]
  /** Whether channels may be signed without being encrypted. */
  readonly signOnly: boolean
  /** SHA-1 or SHA-256 fingerprints of the client certificates that may knock; empty: any certificate, the account decides. */
  readonly clients: readonly string[]
  readonly sessions: number
}
