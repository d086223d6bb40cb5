import { describe, expect, test } from 'vitest'
import { hostsOf, isPrivate, outsiders } from '../../gateway/commission/target.ts'

describe('a place that is asked for equipment', () => {
  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.254',
    '192.168.1.20',
    '169.254.9.9',
    '100.64.0.1',
    '::1',
    'fe80::1%eth0',
    'fd00::5',
    '[fd00::5]',
    '::ffff:192.168.1.1',
  ])('may be %s, which is inside', address => expect(isPrivate(address)).toBe(true))
  test.each(['8.8.8.8', '172.32.0.1', '192.169.0.1', '100.128.0.1', '2001:db8::1', '::ffff:8.8.8.8', 'example.org', ''])(
    'is not %s without an explicit yes',
    address => expect(isPrivate(address)).toBe(false),
  )
  test('is read from hosts and from addresses with a scheme, with or without a user', () => {
    expect(hostsOf({ host: '10.0.0.1', port: 502 })).toEqual(['10.0.0.1'])
    expect(hostsOf({ url: 'mqtts://user:p%40ss@broker.example:8883/x' })).toEqual(['broker.example'])
    expect(hostsOf({ endpoint: 'opc.tcp://[fd00::1]:4840/UA' })).toEqual(['[fd00::1]'])
    expect(hostsOf({ path: '/dev/ttyUSB0' })).toEqual([])
  })
  test('is outside when one of the addresses of its name is', async () => {
    const resolve = (name: string) =>
      name === 'nobody.lan'
        ? Promise.reject(new Error('ENOTFOUND'))
        : Promise.resolve(name === 'plc.lan' ? ['10.0.0.4'] : ['10.0.0.4', '8.8.4.4'])
    expect(await outsiders({ host: 'plc.lan' }, resolve)).toEqual([])
    expect(await outsiders({ host: 'nobody.lan' }, resolve)).toEqual([])
    expect(await outsiders({ host: 'both.example' }, resolve)).toEqual(['both.example'])
    expect(await outsiders({ url: 'mqtt://8.8.8.8' }, resolve)).toEqual(['8.8.8.8'])
    expect(await outsiders({ host: '0.0.0.0' }, resolve)).toEqual([])
  })
})
