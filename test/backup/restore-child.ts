import { instant } from '../../protocols/contract/time.ts'
import { restoreBackup } from '../../gateway/backup/restore.ts'

// Says when it begins, so that it can be killed while it works.
const [file = '', folder = ''] = process.argv.slice(2)
process.stdout.write('begun\n')
const outcome = await restoreBackup({ file, folder, replace: true, passphrase: undefined, now: instant(Date.UTC(2026, 10, 22)) })
process.exit(outcome.ok ? 0 : 1)
