import * as opcua from 'node-opcua-client'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { instant } from '../../protocols/contract/time.ts'
import type { PointId } from '../../protocols/contract/reading.ts'
import type { Alarm } from '../../gateway/alarm/alarm.ts'
import { alarmOf, asScada, connect, good, startFace } from './ground.ts'
import type { Ground, Scada } from './ground.ts'

const rule = 'cold-1.temperature.too-warm'
const value = async ({ session }: Scada, nodeId: string): Promise<opcua.DataValue> =>
  session.read({ nodeId, attributeId: opcua.AttributeIds.Value })

describe('a SCADA that nobody here wrote', () => {
  let ground: Ground
  let scada: Scada
  beforeAll(async () => {
    ground = await startFace({ latest: [good('cold-1.temperature', 4.2)] })
    scada = await connect(ground.address)
  })
  afterAll(async () => {
    await scada?.leave()
    await ground?.stop()
  })

  test('sees a point with its value, unit and range', async () => {
    const read = await value(scada, 'ns=1;s=cold-1.temperature')
    expect(read.value.value).toBe(4.2)
    expect(read.statusCode).toBe(opcua.StatusCodes.Good)
    const units = await scada.session.translateBrowsePath(opcua.makeBrowsePath('ns=1;s=cold-1.temperature', '.EngineeringUnits'))
    const eu = await value(scada, String(units.targets?.[0]?.targetId))
    expect(eu.value.value.displayName.text).toBe('°C')
    expect(eu.value.value.unitId).toBe(4_408_652)
  })
  test('hears of changes by subscription, with the time of the source', async () => {
    const at = Date.now() - 1_000
    ground.outlet.readings([good('cold-1.temperature', 5.5, at), good('cold-1.door', 1, at)])
    await vi.waitFor(async () => expect((await value(scada, 'ns=1;s=cold-1.temperature')).value.value).toBe(5.5), 60_000)
    const read = await value(scada, 'ns=1;s=cold-1.temperature')
    expect(read.sourceTimestamp?.getTime()).toBe(at)
    expect((await value(scada, 'ns=1;s=cold-1.door')).value.value).toBe(true)
  })
  test('sees a bad reading as a bad status and no value as good', async () => {
    const now = instant(Date.now())
    ground.outlet.readings([
      {
        point: 'cold-1.temperature' as PointId,
        at: now,
        receivedAt: now,
        quality: 'bad',
        fault: { code: 'sentinel', detail: '' },
      },
    ])
    await vi.waitFor(
      async () => expect((await value(scada, 'ns=1;s=cold-1.temperature')).statusCode).toBe(opcua.StatusCodes.BadSensorFailure),
      60_000,
    )
  })

  test('hears of an alarm in the words of Part 9 and finds it again after a refresh, until it is over', async () => {
    const fields = [
      'EventType',
      'ConditionName',
      'ActiveState.Id',
      'AckedState.Id',
      'ConfirmedState.Id',
      'SuppressedState.Id',
      'OutOfServiceState.Id',
      'ShelvingState.CurrentState',
      'SuppressedOrShelved',
      'LimitState.CurrentState',
      'Retain',
      'Severity',
      'Message',
      'Comment',
      'ClientUserId',
      'SourceName',
      '1:Clause',
      '1:AlarmId',
    ]
    const log = await scada.events(fields)
    const say = (state: Alarm['state'], more: Partial<Alarm> = {}): void =>
      ground.outlet.alarmChanged({
        kind: 'alarm.raised',
        at: instant(Date.now()),
        by: 'system',
        alarm: alarmOf(rule, state, more),
      })
    const next = async (is: Record<string, unknown>): Promise<Record<string, unknown>> =>
      log.until(event => Object.entries(is).every(([key, value]) => event[key] === value))

    say('unacknowledged')
    const raised = await next({ ConditionName: rule })
    expect(raised).toMatchObject({ 'ActiveState.Id': true, 'AckedState.Id': false, 'ConfirmedState.Id': false, Retain: true })
    expect(raised).toMatchObject({ Severity: 900, '1:Clause': 'CAN-1', '1:AlarmId': 'A1', SuppressedOrShelved: false })
    expect(String(raised['LimitState.CurrentState'])).toContain('High')
    expect(String(raised['Message'])).toMatch(/[\u4e00-\u9fff].* · .*[a-z]/)
    const deed = { by: 'wang', at: instant(Date.now()) }
    say('acknowledged', { acknowledged: { ...deed, comment: 'door was open' } })
    const acknowledged = await next({ ConditionName: rule, 'AckedState.Id': true })
    expect(acknowledged).toMatchObject({ 'ActiveState.Id': true, 'ConfirmedState.Id': false, ClientUserId: 'wang' })
    expect(String(acknowledged['Comment'])).toContain('door was open')
    say('shelved', { shelved: { ...deed, until: instant(Date.now() + 60_000), reason: 'defrosting', oneShot: false } })
    const shelved = await next({ SuppressedOrShelved: true })
    expect(String(shelved['ShelvingState.CurrentState'])).toContain('TimedShelved')
    say('suppressed', { suppressed: { at: deed.at, causes: [] } })
    expect(await next({ 'SuppressedState.Id': true })).toMatchObject({ SuppressedOrShelved: true, Retain: true })
    say('out-of-service', { outOfService: { ...deed, until: deed.at, reason: 'repair', substitute: 'by hand' } })
    expect(await next({ 'OutOfServiceState.Id': true })).toMatchObject({ 'SuppressedState.Id': false, Retain: true })
    say('returned-unacknowledged')
    expect(await next({ 'ActiveState.Id': false })).toMatchObject({
      'AckedState.Id': false,
      Retain: true,
      SuppressedOrShelved: false,
    })

    const again = await scada.events(['EventType', 'ConditionName', 'ActiveState.Id', 'Retain'])
    expect(await again.refresh()).toBe(opcua.StatusCodes.Good)
    const found = await again.until(({ ConditionName }) => ConditionName === rule)
    expect(found).toMatchObject({ 'ActiveState.Id': false, Retain: true })
    expect(String(again.heard[0]?.['EventType'])).toContain('2787')

    say('normal')
    await next({ Retain: false, 'AckedState.Id': true })
    const empty = await scada.events(['EventType', 'ConditionName'])
    await empty.refresh()
    await empty.until(({ EventType }) => String(EventType).includes('2788'))
    expect(empty.heard.map(({ ConditionName }) => ConditionName)).toEqual([null, null])
  })

  test('is refused whatever would change something', async () => {
    const attributes = Object.values(opcua.AttributeIds).filter((id): id is number => typeof id === 'number' && id > 0 && id < 28)
    const nodes = ['ns=1;s=cold-1.temperature', 'ns=1;s=cold-1', 'ns=1;s=greenhill', 'ns=0;i=2253', 'ns=0;i=2294']
    const writes = nodes.flatMap(nodeId =>
      attributes.map(attributeId => ({ nodeId, attributeId, value: { value: { dataType: opcua.DataType.Double, value: 99 } } })),
    )
    for (let from = 0; from < writes.length; from += 50) {
      const statuses = await scada.session.write(writes.slice(from, from + 50))
      expect(new Set(statuses.map(({ name }) => name))).toEqual(new Set(['BadUserAccessDenied']))
    }
  })
  test('may call nothing but what repeats: no acknowledging, no shelving, no switching off', async () => {
    const condition = `ns=1;s=alarm:${rule}`
    const browsed = await scada.session.browse({
      nodeId: condition,
      browseDirection: opcua.BrowseDirection.Forward,
      referenceTypeId: 'HasComponent',
      includeSubtypes: true,
      nodeClassMask: opcua.NodeClassMask.Method,
      resultMask: 63,
    })
    const own = (browsed.references ?? []).map(({ nodeId }) => String(nodeId))
    const ofTypes = [9027, 9028, 9029, 9111, 9113, 17_864, 2949, 2948, 2947, 12_883, 11_489].map(id => `ns=0;i=${id}`)
    const asked = [...own, ...ofTypes].flatMap(methodId =>
      [condition, 'ns=0;i=2253', 'ns=0;i=2782'].map(objectId => ({ objectId, methodId, inputArguments: [] })),
    )
    expect(own.length).toBeGreaterThanOrEqual(4)
    for (const one of asked) expect((await scada.session.call(one)).statusCode.name).toBe('BadUserAccessDenied')
  })
  test('is not let in without a password, with a wrong one, or over a channel without security', async () => {
    await expect(connect(ground.address, { user: { type: opcua.UserTokenType.Anonymous } })).rejects.toThrow()
    await expect(connect(ground.address, { user: asScada('wrong-one') })).rejects.toThrow(/BadUserAccessDenied/)
    await expect(
      connect(ground.address, { policy: opcua.SecurityPolicy.None, mode: opcua.MessageSecurityMode.None }),
    ).rejects.toThrow()
    await expect(connect(ground.address, { mode: opcua.MessageSecurityMode.Sign })).rejects.toThrow()
    expect(ground.said.filter(({ kind }) => kind === 'opcua-server.refused')).toHaveLength(1)
  })
})
