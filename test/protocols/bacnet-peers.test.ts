import BACnetClient from '@bacnet-js/client'
import { afterEach, describe, expect, test } from 'vitest'
import { bacnet } from '../../protocols/bacnet/driver.ts'
import type { Driver, Found } from '../../protocols/contract/driver.ts'
import { millis } from '../../protocols/contract/time.ts'
import { binding, Gateway, isGood, point, prepared } from './kit.ts'
import { freePort } from './peers/bacnet-device.ts'
import { findBacpypes, startBacpypes } from './peers/bacpypes.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})
const never = new AbortController().signal
const settings = (port: number) => ({ interface: '127.0.0.1', port: 0, host: `127.0.0.1:${port}`, every: '100ms', timeout: '1s' })
const values = async (driver: Driver) =>
  (await driver.probe?.(never))?.map(({ reading }) => (reading.quality === 'bad' ? reading.fault.code : reading.value))

/** What @bacnet-js/client hands over of a question. */
interface Asked {
  readonly header: { readonly sender: { readonly address: string } }
  readonly invokeId: number
  readonly payload: {
    readonly objectId: { readonly type: number; readonly instance: number }
    readonly property: { readonly id: number; readonly index: number }
    readonly properties: readonly {
      readonly objectId: { readonly type: number; readonly instance: number }
      readonly properties: readonly { readonly id: number; readonly index: number }[]
    }[]
  }
}

/** The library as a device: it encodes the answers that our own reader then reads. */
async function libraryDevice(known: (key: string) => readonly unknown[] | undefined): Promise<number> {
  const Client =
    (BACnetClient as unknown as { default?: typeof BACnetClient.default }).default ??
    (BACnetClient as unknown as typeof BACnetClient.default)
  const port = await freePort()
  const client = new Client({ port, interface: '127.0.0.1', broadcastAddress: '127.0.0.1' })
  const on = (name: string, take: (asked: Asked) => void): void => void client.on(name as never, take as never)
  const keyOf = (object: { readonly type: number; readonly instance: number }, property: number): string =>
    `${object.type}:${object.instance}/${property}`
  const unknownObject = { class: 1, code: 31 }
  on('readProperty', ({ header, invokeId, payload: { objectId, property } }) => {
    const found = known(keyOf(objectId, property.id))
    if (found) client.readPropertyResponse(header.sender, invokeId, objectId, property, found as never)
    else client.errorResponse(header.sender, 12, invokeId, unknownObject.class, unknownObject.code)
  })
  on('readPropertyMultiple', ({ header, invokeId, payload: { properties } }) => {
    const answers = properties.map(({ objectId, properties: wanted }) => ({
      objectId,
      values: wanted.map(property => ({
        property,
        value: known(keyOf(objectId, property.id)) ?? [{ type: 0, value: { type: 'BacnetError', errorClass: 1, errorCode: 31 } }],
      })),
    }))
    client.readPropertyMultipleResponse(header.sender, invokeId, answers as never)
  })
  on('whoIs', ({ header }) => client.iAmResponse(header.sender, 44, 3, 260))
  await new Promise<void>(resolve => client.on('listening', () => resolve()))
  ends.push(async () => client.close())
  return port
}

test('answers of @bacnet-js/client are read: reals, enumerations, errors, flags, texts', async () => {
  const none = { type: 8, value: { value: [0], bitsUsed: 4 } }
  const table = new Map<string, readonly unknown[]>([
    ['0:1/85', [{ type: 4, value: 21.5 }]],
    ['0:1/111', [none]],
    ['0:1/117', [{ type: 9, value: 62 }]],
    ['3:1/85', [{ type: 9, value: 1 }]],
    ['3:1/111', [none]],
    ['46:1/85', [{ type: 5, value: 123456.789 }]],
    ['46:1/111', [none]],
    ['45:1/85', [{ type: 3, value: -70_000 }]],
    ['45:1/111', [none]],
    ['2:1/85', [{ type: 4, value: 5 }]],
    // The library keeps bits the other way round: the third is overridden.
    ['2:1/111', [{ type: 8, value: { value: [0b100], bitsUsed: 4 } }]],
    ['0:1/28', [{ type: 7, value: '锅炉房 boiler' }]],
  ])
  const port = await libraryDevice(key => table.get(key))
  const device = { device: 44 }
  const driver = prepared(bacnet, settings(port), [
    binding('a.real', { object: 'AI1' }, device),
    binding('a.contact', { object: 'BI1' }, device),
    binding('a.double', { object: 'large-analog-value:1' }, device),
    binding('a.signed', { object: 'integer-value:1' }, device),
    binding('a.held', { object: 'AV1' }, device),
    binding('a.absent', { object: 'AI9' }, device),
    binding('a.text', { object: 'AI1', property: 'description', map: { '锅炉房 boiler': 3 } }, device),
  ]).open(new Gateway())
  expect(await values(driver)).toEqual([21.5, 1, 123_456.789, -70_000, 'device-reported', 'no-such-address', 3])
})

const python = await findBacpypes()
if (python === undefined)
  console.info('bacpypes is not to be had here (no such module, and pip reaches no registry): its tests are left out')

describe.skipIf(python === undefined)('a device of bacpypes', () => {
  async function ground() {
    const peer = await startBacpypes(python ?? '', await freePort())
    ends.push(() => peer.stop())
    return peer
  }
  const device = { device: 599 }

  test('is read, and what it holds by hand is no value', async () => {
    const { port } = await ground()
    const driver = prepared(bacnet, settings(port), [
      binding('a.room', { object: 'AI1' }, device),
      binding('a.held', { object: 'AI2' }, device),
      binding('a.mode', { object: 'MSV1' }, device),
      binding('a.absent', { object: 'AI7' }, device),
      binding('a.property', { object: 'AI1', property: 'high-limit' }, device),
      ...Array.from({ length: 60 }, (_, n) => binding(`a.v${n + 1}`, { object: `AV${n + 1}` }, device)),
    ]).open(new Gateway())
    const quarters = Array.from({ length: 60 }, (_, n) => (n + 1) / 4)
    expect(await values(driver)).toEqual([21.25, 'device-reported', 3, 'no-such-address', 'no-such-address', ...quarters])
  })

  test('tells its changes, confirmed', async () => {
    const { port } = await ground()
    const host = new Gateway()
    const driver = prepared(bacnet, settings(port), [binding('a.door', { object: 'BV1' }, device)]).open(host)
    ends.push(() => driver.stop())
    driver.start()
    const door = point('a.door')
    await host.next(door, isGood)
    await host.next(door, ({ value }) => value === 1)
    await host.next(door, ({ value }) => value === 0)
    await host.next(door, ({ value }) => value === 1)
    const report = driver.report?.()
    expect(report?.devices[0]?.learned.map(({ en }) => en)).toEqual(['changes of 1 objects are told by the device'])
    expect(report?.frames.some(({ note }) => note === 'told')).toBe(true)
  })

  test('is found with all that it has, in parts where one answer is too short', async () => {
    const { port } = await ground()
    const found: Found[] = []
    const driver = prepared(bacnet, settings(port), []).open(new Gateway())
    for await (const step of driver.scan?.({ most: 5, listen: millis(500) }, never) ?? [])
      if (step.step === 'found') found.push(step.found)
    expect(found.map(({ name, points }) => [name, points.length])).toEqual([['Peer', 64]])
    expect(found[0]?.points[0]).toMatchObject({ settings: { object: 'analog-input:1' }, name: 'Room', value: 21.25, unit: '°C' })
    expect(found[0]?.points.at(-1)).toMatchObject({ settings: { object: 'analog-value:60' }, value: 15 })
  })
})
