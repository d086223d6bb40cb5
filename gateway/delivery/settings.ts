/** A log that is delivered by itself; the site file's `logs:` block. */
export interface DeliverySettings {
  readonly id: string
}
