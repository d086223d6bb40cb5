import type { Words } from '../../../protocols/contract/driver.ts'
import { say } from './cells.ts'

/** What the journal calls it, as people do. One table of the audit trail each. */
type Named = Readonly<Record<string, Words>>

export const accountKinds: Named = {
  'account.signed-in': say('登录', 'signed in'),
  'account.signed-out': say('退出', 'signed out'),
  'account.refused': say('登录被拒', 'sign-in refused'),
  'account.created': say('新建账号', 'account made'),
  'account.role-changed': say('改角色', 'role changed'),
  'account.password-changed': say('改密码', 'password changed'),
  'account.disabled': say('停用账号', 'account disabled'),
  'account.enabled': say('启用账号', 'account enabled'),
  'access.refused': say('操作被拒', 'refused'),
  'token.created': say('新建令牌', 'token made'),
  'token.revoked': say('收回令牌', 'token revoked'),
  'link-token.used': say('用链接确认报警', 'alarm answered by link'),
  'link-token.refused': say('链接被拒', 'link refused'),
}
export const refusals: ReadonlySet<string> = new Set(['account.refused', 'access.refused', 'link-token.refused'])

export const keepingKinds: Named = {
  'log.exported': say('导出记录', 'log exported'),
  'log.delivered': say('按时送出记录', 'log delivered'),
  'log.delivery-failed': say('记录没送出', 'log not delivered'),
  'evidence.key-made': say('生成签名密钥', 'signing key made'),
  'evidence.head': say('签署日志', 'journal signed'),
  'hold.placed': say('封存（不得删除）', 'hold placed'),
  'hold.released': say('解除封存', 'hold released'),
  'retention.removed': say('到期删除', 'removed after its time'),
  'readings.trimmed': say('到期清理读数', 'readings trimmed'),
  'backup.made': say('备份', 'backup made'),
  'backup.verified': say('备份验证合格', 'backup verified'),
  'backup.failed': say('备份失败', 'backup failed'),
  'backup.copied': say('异地存放', 'backup copied elsewhere'),
  'backup.downloaded': say('下载备份', 'backup downloaded'),
  'backup.restored': say('从备份恢复', 'restored from a backup'),
  'outside.behind': say('外部数据库落后', 'outside historian behind'),
  'outside.caught-up': say('外部数据库追上', 'outside historian caught up'),
  'outside.dropped': say('外部数据库丢弃', 'outside historian dropped'),
}

export const gatewayKinds: Named = {
  'gateway.started': say('网关启动', 'gateway started'),
  'gateway.stopped': say('网关停止', 'gateway stopped'),
  'site.changed': say('修改现场文件', 'site file changed'),
  'plan.added': say('添加平面图', 'floor plan added'),
  'plan.renamed': say('平面图改名', 'floor plan renamed'),
  'plan.drawing-replaced': say('更换平面图底图', 'drawing of a floor plan replaced'),
  'plan.arranged': say('调整平面图布置', 'equipment placed on a floor plan'),
  'plan.removed': say('删除平面图', 'floor plan removed'),
  'commissioning.scan': say('查找设备', 'looked for equipment'),
  'commissioning.try': say('试读设备', 'equipment tried out'),
  'clock.set': say('时钟被改', 'clock set'),
  'rule.failed': say('规则出错', 'rule broke'),
  'link.down': say('连接中断', 'connection down'),
  'link.up': say('连接恢复', 'connection up'),
  'opcua-server.ready': say('OPC UA 服务就绪', 'OPC UA server ready'),
  'opcua-server.ended': say('OPC UA 服务中断', 'OPC UA server ended'),
  'opcua-server.trouble': say('OPC UA 服务开不了', 'OPC UA server cannot start'),
  'opcua-server.entered': say('OPC UA 客户端登录', 'OPC UA client signed in'),
  'opcua-server.refused': say('OPC UA 登录被拒', 'OPC UA sign-in refused'),
  'channel.failing': say('通知渠道故障', 'channel failing'),
  'channel.working': say('通知渠道恢复', 'channel working'),
  'roster.swapped': say('换班', 'shift swapped'),
  'demo.speed-set': say('改演示速度', 'demo speed set'),
  'fault.injected': say('演示故障', 'demo fault'),
  'fault.ended': say('演示故障结束', 'demo fault ended'),
}

/** What counts as a person's act, and in which column it is counted. */
export const actColumns = [
  ['signed-in', say('登录', 'Signed in'), ['account.signed-in']],
  ['acknowledged', say('确认报警', 'Acknowledged'), ['alarm.acknowledged', 'alarm.confirmed', 'alarm.reset']],
  [
    'silenced',
    say('搁置停用', 'Kept quiet'),
    ['alarm.shelved', 'alarm.unshelved', 'alarm.out-of-service', 'alarm.returned-to-service'],
  ],
  ['recorded', say('登记', 'Recorded'), 'record.'],
  ['corrected', say('更正', 'Corrected'), ['record.corrected']],
  ['visited', say('巡查到点', 'Check-points'), ['round.visited']],
  ['handed-over', say('交接班', 'Handed over'), ['handover.signed']],
  ['cases', say('报修办理', 'Cases'), 'case.'],
  ['exported', say('导出', 'Exported'), ['log.exported']],
  ['administered', say('管理', 'Administered'), 'manage'],
] as const

const records = [
  'dosing',
  'reading',
  'defrost',
  'cleaning',
  'inspection',
  'maintenance',
  'repair',
  'calibration',
  'expiry',
  'meter-reading',
  'corrective-action',
  'disinfection',
  'closing',
  'backup',
  'handover',
  'round',
].map(kind => `record.${kind}`)
const cases = ['opened', 'answered', 'assigned', 'acted', 'verified', 'rejected', 'told', 'closed', 'commented', 'cancelled'].map(
  step => `case.${step}`,
)
const managed = [
  'account.created',
  'account.role-changed',
  'account.disabled',
  'account.enabled',
  'token.created',
  'token.revoked',
  'hold.placed',
  'hold.released',
  'roster.swapped',
  'plan.added',
  'plan.renamed',
  'plan.drawing-replaced',
  'plan.arranged',
  'plan.removed',
  'backup.downloaded',
]

/** Every kind by the column that counts it. */
export const columnOf: ReadonlyMap<string, string> = new Map(
  actColumns.flatMap(([column, , kinds]) =>
    (kinds === 'record.' ? records : kinds === 'case.' ? cases : kinds === 'manage' ? managed : kinds).map(
      kind => [kind, column] as const,
    ),
  ),
)
