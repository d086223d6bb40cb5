import type { SettingProblem } from '../../protocols/contract/driver.ts'
import type { PreparedChannel } from './channel.ts'
import { dingtalkKind } from './channels/dingtalk.ts'
import { feishuKind } from './channels/feishu.ts'
import { mqttKind } from './channels/mqtt.ts'
import { smsKind } from './channels/sms.ts'
import { smtpKind } from './channels/smtp.ts'
import { webPushKind } from './channels/web-push.ts'
import { webhookKind } from './channels/webhook.ts'
import { wecomKind } from './channels/wecom.ts'

/** One kind of channel, as the site file names it below `channels:`. */
export interface ChannelKind {
  readonly kind: string
  /** JSON Schema of its settings, for the published site schema: `properties` and `required`. */
  readonly schema: object
  /** Checks everything at once. */
  prepare(
    id: string,
    settings: Readonly<Record<string, unknown>>,
  ):
    | { readonly ok: true; readonly channel: PreparedChannel }
    | { readonly ok: false; readonly problems: readonly SettingProblem[] }
}

/** Every kind of channel, one line each. */
export const channelKinds: readonly ChannelKind[] = [
  webPushKind,
  wecomKind,
  dingtalkKind,
  feishuKind,
  smsKind,
  smtpKind,
  webhookKind,
  mqttKind,
]
