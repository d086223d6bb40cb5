/** Messages on this device, also while the page is closed: the browser's own push, for the account that is signed in. */

/** `unavailable`: the gateway has no such channel. */
export type PushState = 'unsupported' | 'insecure' | 'blocked' | 'off' | 'on' | 'unavailable'

export class DevicePush {
  #state = $state<PushState>('off')
  #busy = $state(false)
  #failed = $state(false)

  get state(): PushState {
    return this.#state
  }
  get busy(): boolean {
    return this.#busy
  }
  get failed(): boolean {
    return this.#failed
  }

  async look(): Promise<void> {
    this.#state = await stateNow()
  }

  /** Must follow a press of a button: browsers ask the person only then. */
  async turn(on: boolean, language: 'zh' | 'en'): Promise<void> {
    if (this.#busy) return
    this.#busy = true
    this.#failed = false
    try {
      this.#state = on ? await subscribe(language) : await unsubscribe()
    } catch {
      this.#failed = true
      this.#state = await stateNow()
    }
    this.#busy = false
  }
}

async function stateNow(): Promise<PushState> {
  if (!isSecureContext) return 'insecure'
  if (!('serviceWorker' in navigator) || !('PushManager' in globalThis) || !('Notification' in globalThis)) return 'unsupported'
  if (Notification.permission === 'denied') return 'blocked'
  const registration = await navigator.serviceWorker.getRegistration()
  const subscription = await registration?.pushManager.getSubscription()
  return subscription && Notification.permission === 'granted' ? 'on' : 'off'
}

async function subscribe(language: 'zh' | 'en'): Promise<PushState> {
  // Asked first of all: some browsers forget that a button was pressed when something else is waited for.
  const permission = await Notification.requestPermission()
  if (permission !== 'granted') return permission === 'denied' ? 'blocked' : 'off'
  const answer = await fetch('/api/v1/push/key', { credentials: 'same-origin' })
  if (answer.status === 404) return 'unavailable'
  if (!answer.ok) throw new Error(`push key: ${answer.status}`)
  const { key } = (await answer.json()) as { readonly key: string }
  const registration = await navigator.serviceWorker.ready
  const wanted = { userVisibleOnly: true, applicationServerKey: key }
  const subscription = await registration.pushManager.subscribe(wanted).catch(async () => {
    // Bound to a key of before (another data directory): begin anew.
    await (await registration.pushManager.getSubscription())?.unsubscribe()
    return registration.pushManager.subscribe(wanted)
  })
  const { endpoint, keys } = subscription.toJSON()
  const kept = await send('POST', { endpoint, keys, language })
  if (!kept.ok) {
    await subscription.unsubscribe()
    throw new Error(`push subscription: ${kept.status}`)
  }
  return 'on'
}

async function unsubscribe(): Promise<PushState> {
  const registration = await navigator.serviceWorker.getRegistration()
  const subscription = await registration?.pushManager.getSubscription()
  if (!subscription) return 'off'
  // The gateway first: should that fail, the device still says `on`, as it is. What the gateway no longer knows is off as well.
  const told = await send('DELETE', { endpoint: subscription.endpoint })
  if (!told.ok && told.status !== 404) throw new Error(`push subscription: ${told.status}`)
  await subscription.unsubscribe()
  return 'off'
}

const send = (method: 'POST' | 'DELETE', body: object): Promise<Response> =>
  fetch('/api/v1/push/subscriptions', {
    method,
    headers: { 'content-type': 'application/json' },
    credentials: 'same-origin',
    body: JSON.stringify(body),
  })
