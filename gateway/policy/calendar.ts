/** Days, hours and seasons of a site. */
export interface Calendar {
  /** IANA name. */
  readonly zone: string
}

/** A calendar without holidays, terms or named hours: Monday to Friday are working days. */
export const plainCalendar = (zone: string): Calendar => ({ zone })
