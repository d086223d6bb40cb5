import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import * as opcua from 'node-opcua-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, good, startFace } from './ground.ts'
import type { Ground, Scada } from './ground.ts'

type Done = Readonly<Record<'connections' | 'chunks' | 'opened' | 'anonymous' | 'guesses' | 'refused', number>>

const temperature = 'cold-1.temperature'
const soon = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

describe('a SCADA that is signed in while the port is hammered', () => {
  let ground: Ground
  let scada: Scada
  beforeAll(async () => {
    ground = await startFace({ latest: [good(temperature, 0)], more: 'sessions: 3' })
    scada = await connect(ground.address)
  })
  afterAll(async () => {
    await scada?.leave()
    await ground?.stop()
  })

  test('misses no sample, keeps its session, and another with a password still gets in', async () => {
    const pid = ground.outlet.pid
    const id = String(scada.session.sessionId)
    const lost: string[] = []
    scada.session.on('session_closed', () => lost.push('session'))
    const { client } = scada
    client.on('connection_lost', () => lost.push('connection'))
    // Another has nothing to say for longer than a handshake may take.
    const silent = await connect(ground.address, { isSilent: true })
    silent.client.on('connection_lost', () => lost.push('silent connection'))
    const heard: { readonly value: number; readonly at: number }[] = []
    const subscription = await scada.session.createSubscription2({
      requestedPublishingInterval: 50,
      requestedLifetimeCount: 1_000,
      requestedMaxKeepAliveCount: 20,
      publishingEnabled: true,
    })
    const item = await subscription.monitor(
      { nodeId: `ns=1;s=${temperature}`, attributeId: opcua.AttributeIds.Value },
      { samplingInterval: 0, queueSize: 100, discardOldest: true },
      opcua.TimestampsToReturn.Both,
    )
    item.on('changed', ({ value }: opcua.DataValue) => heard.push({ value: value.value as number, at: performance.now() }))

    const orders = { port: ground.port, address: ground.address, certificate: client.serverCertificate?.toString('base64') }
    const child = fork(fileURLToPath(new URL('./flood-child.ts', import.meta.url)), [JSON.stringify(orders)], {
      stdio: 'inherit',
    })
    const answer = (): Promise<Done> => new Promise(resolve => child.once('message', done => resolve(done as Done)))
    const said: number[] = [performance.now()]
    let newcomers = 0
    const flood = { isOver: false }
    /** Somebody who knows his password comes while it goes on, looks, and leaves again. */
    const come = async (): Promise<void> => {
      while (!flood.isOver) {
        const one = await connect(ground.address)
        const read = await one.session.read({ nodeId: `ns=1;s=${temperature}`, attributeId: opcua.AttributeIds.Value })
        if (read.statusCode === opcua.StatusCodes.Good) newcomers += 1
        await one.leave()
        await soon(1_000)
      }
    }
    try {
      await answer()
      const coming = come()
      let done: Done | undefined
      const [from, end] = [performance.now(), performance.now() + 90_000]
      // Until the flood has been one: each of its kinds many times.
      const isEnough = (): boolean =>
        done !== undefined && done.opened + done.anonymous + done.guesses >= 200 && done.chunks > 200 && newcomers > 1
      while ((performance.now() < from + 8_000 || !isEnough()) && performance.now() < end) {
        const value = said.push(performance.now()) - 1
        ground.outlet.readings([good(temperature, value)])
        await soon(150)
        if (value % 10 !== 0) continue
        child.send('how')
        done = await answer()
      }
      flood.isOver = true
      await coming
      const still = await silent.session.read({ nodeId: `ns=1;s=${temperature}`, attributeId: opcua.AttributeIds.Value })
      expect(still.statusCode).toBe(opcua.StatusCodes.Good)
      expect(isEnough()).toBe(true)
      await expect.poll(() => heard.at(-1)?.value, { timeout: 120_000 }).toBe(said.length - 1)
      expect(heard.map(one => one.value)).toEqual(said.map((_, value) => value))
      const longest = Math.max(...heard.slice(1).map(({ at, value }) => at - (said[value] ?? at)))
      expect(longest).toBeLessThan(3_000)
      expect([lost, String(scada.session.sessionId), ground.outlet.pid]).toEqual([[], id, pid])
      expect(ground.outlet.counts).toMatchObject({ restarts: 0, turnedAway: expect.any(Number) })
      expect(ground.said.filter(({ kind }) => kind === 'opcua-server.ended')).toEqual([])
    } finally {
      flood.isOver = true
      await silent.leave()
      child.send('stop')
      await new Promise(resolve => child.once('exit', resolve))
    }
  })
})
