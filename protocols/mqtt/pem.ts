import { readFile } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'

/** Certificates and keys as a setting gives them: a file, or the PEM text itself (from `${ENV}`). */
export const isPem = (text: string): boolean => text.trimStart().startsWith('-----BEGIN ')

/** A file that is not absolute lies in the connection's folder. */
export const placeOf = (text: string, folder: string | undefined): string =>
  isAbsolute(text) || folder === undefined ? text : join(folder, text)

/** Rejects when the file cannot be read. */
export const textOf = async (text: string, folder: string | undefined): Promise<string> =>
  isPem(text) ? text : readFile(placeOf(text, folder), 'utf8')

/** As fingerprints are compared: hex digits in lower case, however they were written. */
export const plainFingerprint = (text: string): string => text.replaceAll(/[:\s]/g, '').toLowerCase()
