/** Topics of Sparkplug B 3.0, chapter 4. Pure. */

export const nodeMessages = ['NBIRTH', 'NDEATH', 'NDATA', 'NCMD'] as const
export const deviceMessages = ['DBIRTH', 'DDEATH', 'DDATA', 'DCMD'] as const
export type NodeMessage = (typeof nodeMessages)[number]
export type DeviceMessage = (typeof deviceMessages)[number]

/** Group and edge node together are unique on a broker. */
export interface EdgeNode {
  readonly group: string
  readonly edge: string
}
export type SparkplugTopic =
  | { readonly kind: NodeMessage; readonly node: EdgeNode; readonly device?: never }
  | { readonly kind: DeviceMessage; readonly node: EdgeNode; readonly device: string }

/** As written in the site file, and as a key of maps: no part can hold a slash. */
export const nodeName = ({ group, edge }: EdgeNode): string => `${group}/${edge}`
export const nodeTopic = (kind: NodeMessage, { group, edge }: EdgeNode): string => `spBv1.0/${group}/${kind}/${edge}`
export const deviceTopic = (kind: DeviceMessage, { group, edge }: EdgeNode, device: string): string =>
  `spBv1.0/${group}/${kind}/${edge}/${device}`
export const stateTopic = (host: string): string => `spBv1.0/STATE/${host}`

/** Whether this can be the id of a group, an edge node, a device or a host (tck-id-topic-structure-namespace-valid-*). */
export const isSparkplugId = (id: string): boolean => id.length <= 200 && /^[^+#/]+$/.test(id) && !id.includes('\u0000')

/** What a topic of the namespace speaks of; undefined for all others. */
export function parseTopic(topic: string): SparkplugTopic | undefined {
  const [namespace, group = '', kind = '', edge = '', device, ...rest] = topic.split('/')
  if (namespace !== 'spBv1.0' || !isSparkplugId(group) || !isSparkplugId(edge) || rest.length > 0) return undefined
  const node = { group, edge }
  const ofNode = nodeMessages.find(name => name === kind)
  if (ofNode && device === undefined) return { kind: ofNode, node }
  const ofDevice = deviceMessages.find(name => name === kind)
  return ofDevice && device !== undefined && isSparkplugId(device) ? { kind: ofDevice, node, device } : undefined
}
