/** How long what is kept, beyond what the packs say; the site file's `retention:` block. */
export interface RetentionSettings {
  /** Bytes that the readings may take on disk. */
  readonly budget: number
}
export const usualRetention: RetentionSettings = { budget: 20 * 1024 ** 3 }
