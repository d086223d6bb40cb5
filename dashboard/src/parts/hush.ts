/** The sign of what made equipment quiet. */
export const hushIcons = { 'locked-out': 'repair', 'out-of-service': 'out', shelved: 'shelved' } as const
