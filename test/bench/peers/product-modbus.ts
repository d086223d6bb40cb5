import { systemClock } from '../../../gateway/clock.ts'
import { linesOf } from './modbus-bindings.ts'

/** The product's drivers alone, with the readings dropped: ports and period on the command line. */
const [ports = '', every = '1000'] = process.argv.slice(2)
let good = 0
let bad = 0
for (const { prepared } of linesOf(ports.split(',').map(Number), Number(every))) {
  const driver = prepared.open({
    clock: systemClock,
    wall: systemClock,
    publish(readings) {
      for (const { quality } of readings) {
        if (quality === 'good') good += 1
        else bad += 1
      }
    },
    publishColumns({ points, faults }) {
      good += points.length - faults.size
      bad += faults.size
    },
    linkUp() {},
    linkDown() {},
  })
  driver.start()
}
process.stdout.write('polling\n')
// What is not good is no float that was read.
process.on('SIGWINCH', () => process.stdout.write(`${bad === 0 ? good : 0}\n`))
