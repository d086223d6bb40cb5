import { openEyes } from './eyes.ts'

/** Why there is no picture. */
export type CameraFault = 'insecure' | 'none' | 'refused' | 'busy' | 'no-reader' | 'broken'

interface CameraParts {
  readonly video: HTMLVideoElement
  /** Each text once, until another one, or none for a while, has been in the picture. */
  readonly read: (text: string) => void
  readonly fail: (fault: CameraFault) => void
  readonly started: (light: Light | undefined) => void
}
/** The lamp beside the lens, where the telephone lets a page switch it. */
export type Light = (on: boolean) => Promise<void>

/** Ms between two looks: often enough for a hand that does not hold still, and the battery is not spent on it. */
const pause = 60
/** Ms without the code after which the same code is a new one. */
const forget = 2_000

/** The camera of the page: open between `start` and `stop`, and shut at once where somebody puts the page away. */
export class Camera {
  readonly #parts: CameraParts
  #stream: MediaStream | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #turn = 0
  #last: { readonly text: string; readonly at: number } | undefined

  constructor(parts: CameraParts) {
    this.#parts = parts
  }

  start(): void {
    document.addEventListener('visibilitychange', this.#look)
    this.#look()
  }

  stop(): void {
    document.removeEventListener('visibilitychange', this.#look)
    this.#shut()
  }

  readonly #look = (): void => {
    this.#shut()
    if (document.visibilityState === 'visible') void this.#open(this.#turn)
  }

  #shut(): void {
    this.#turn += 1
    clearTimeout(this.#timer)
    for (const track of this.#stream?.getTracks() ?? []) track.stop()
    this.#stream = undefined
  }

  async #open(turn: number): Promise<void> {
    const { video, started } = this.#parts
    // A page that is not served securely has no `mediaDevices` at all.
    const devices = navigator.mediaDevices as MediaDevices | undefined
    if (!devices) return this.#giveUp(isSecureContext ? 'none' : 'insecure')
    try {
      const eyes = openEyes()
      eyes.catch(() => {})
      const stream = await devices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1280 } } })
      if (turn !== this.#turn) return stream.getTracks().forEach(track => track.stop())
      this.#stream = stream
      video.srcObject = stream
      await video.play()
      const read = await eyes.catch(() => undefined)
      if (turn !== this.#turn) return
      if (!read) return this.#giveUp('no-reader')
      started(lightOf(stream))
      const look = async (): Promise<void> => {
        const { videoWidth: width, videoHeight: height } = video
        const text = width > 0 ? await read(video, { width, height }).catch(() => undefined) : undefined
        if (turn !== this.#turn) return
        this.#hear(text)
        this.#timer = setTimeout(() => void look(), pause)
      }
      await look()
    } catch (error) {
      if (turn === this.#turn) this.#giveUp(faultOf(error))
    }
  }

  #giveUp(fault: CameraFault): void {
    this.#shut()
    this.#parts.fail(fault)
  }

  #hear(text: string | undefined): void {
    const at = performance.now()
    if (text === undefined || text === '') return
    const before = this.#last
    this.#last = { text, at }
    if (text !== before?.text || at - before.at > forget) this.#parts.read(text)
  }
}

/** By the names browsers give their refusals. */
function faultOf(error: unknown): CameraFault {
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'none'
    case 'NotAllowedError':
    case 'SecurityError':
      return 'refused'
    case 'NotReadableError':
    case 'AbortError':
      return 'busy'
    default:
      return 'broken'
  }
}

function lightOf(stream: MediaStream): Light | undefined {
  const [track] = stream.getVideoTracks()
  // Firefox has no capabilities to ask for, and the compiler knows of no lamp.
  const can = track?.getCapabilities?.() as { readonly torch?: boolean } | undefined
  if (!track || can?.torch !== true) return undefined
  return on => track.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] })
}
