export type Theme = 'system' | 'light' | 'dark'
const memory = { theme: 'zhishou.theme', sound: 'zhishou.sound' }

/** What this browser prefers to look and sound like; remembered here, never on the gateway. */
export class Look {
  #theme = $state<Theme>('system')
  #sound = $state(false)

  static ofBrowser(): Look {
    const look = new Look()
    const theme = localStorage.getItem(memory.theme)
    if (theme === 'light' || theme === 'dark') look.#theme = theme
    look.#sound = localStorage.getItem(memory.sound) === 'on'
    look.#show()
    return look
  }

  get theme(): Theme {
    return this.#theme
  }

  get sound(): boolean {
    return this.#sound
  }

  chooseTheme(theme: Theme): void {
    this.#theme = theme
    localStorage.setItem(memory.theme, theme)
    this.#show()
  }

  chooseSound(on: boolean): void {
    this.#sound = on
    localStorage.setItem(memory.sound, on ? 'on' : 'off')
  }

  #show(): void {
    if (this.#theme === 'system') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = this.#theme
  }
}
