/** The four roles, from least to most. Nothing else in the house names a role. */
export const roles = ['viewer', 'operator', 'inspector', 'admin'] as const
export type Role = (typeof roles)[number]

export const permissions = [
  'see',
  'acknowledge',
  'record',
  'read-journal',
  'read-logs',
  'push-readings',
  'run-demo',
  'administer',
] as const
export type Permission = (typeof permissions)[number]

// An inspector reads everything and changes nothing: evidence must not depend on the person who judges it.
const table: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: ['see'],
  operator: ['see', 'acknowledge', 'record', 'read-journal', 'read-logs', 'push-readings', 'run-demo'],
  inspector: ['see', 'read-journal', 'read-logs'],
  admin: permissions,
}

export const permissionsOf = (role: Role): readonly Permission[] => table[role]
export const isAllowed = (role: Role, permission: Permission): boolean => table[role].includes(permission)
export const isRole = (text: unknown): text is Role => roles.some(role => role === text)
