/** An outside historian that readings are handed on to; the site file's `historian:` names them. */
export interface OutsideSettings {
  readonly id: string
}
