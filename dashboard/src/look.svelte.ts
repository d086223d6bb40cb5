export type Theme = 'system' | 'light' | 'dark'
export type Contrast = 'system' | 'more'
const memory = { theme: 'zhishou.theme', contrast: 'zhishou.contrast', sound: 'zhishou.sound', keys: 'zhishou.keys' }
/** What people set in their system when thin grey on white is not enough for them. */
const wantsMore = '(prefers-contrast: more)'

/** How much larger everything is drawn than on a desk: more on the glass of a video wall, as `base.css` says. */
export const enlargement = (): number => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16

/** What this browser prefers to look and sound like; remembered here, never on the gateway. */
export class Look {
  #theme = $state<Theme>('system')
  #contrast = $state<Contrast>('system')
  #sound = $state(false)
  #keys = $state(true)

  static ofBrowser(): Look {
    const look = new Look()
    const theme = localStorage.getItem(memory.theme)
    if (theme === 'light' || theme === 'dark') look.#theme = theme
    if (localStorage.getItem(memory.contrast) === 'more') look.#contrast = 'more'
    matchMedia(wantsMore).addEventListener('change', () => look.#show())
    look.#sound = localStorage.getItem(memory.sound) === 'on'
    look.#keys = localStorage.getItem(memory.keys) !== 'off'
    look.#show()
    return look
  }

  get theme(): Theme {
    return this.#theme
  }

  get contrast(): Contrast {
    return this.#contrast
  }

  get sound(): boolean {
    return this.#sound
  }

  /** Whether single keys do something. Who speaks to the computer, or whose hand shakes, presses them without meaning to. */
  get keys(): boolean {
    return this.#keys
  }

  chooseKeys(on: boolean): void {
    this.#keys = on
    localStorage.setItem(memory.keys, on ? 'on' : 'off')
  }

  chooseTheme(theme: Theme): void {
    this.#theme = theme
    localStorage.setItem(memory.theme, theme)
    this.#show()
  }

  chooseContrast(contrast: Contrast): void {
    this.#contrast = contrast
    localStorage.setItem(memory.contrast, contrast)
    this.#show()
  }

  chooseSound(on: boolean): void {
    this.#sound = on
    localStorage.setItem(memory.sound, on ? 'on' : 'off')
  }

  #show(): void {
    const { dataset } = document.documentElement
    if (this.#theme === 'system') delete dataset['theme']
    else dataset['theme'] = this.#theme
    if (this.#contrast === 'more' || matchMedia(wantsMore).matches) dataset['contrast'] = 'more'
    else delete dataset['contrast']
  }
}
