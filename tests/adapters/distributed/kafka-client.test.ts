/** What all clients of Kafka have in common: who they say they are, and where their complaints go. */

import { describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { createKafka, isProtocolError, reasonOf, securityOf } from '../../../src/adapters/distributed/kafka-client.ts'
import { configOf } from '../../../src/config.ts'
import { tempFolder } from '../../support/temp-folder.ts'

describe('complaints of kafkajs', () => {
  const told: [error: Error, where: Record<string, unknown>][] = []
  const onError = (error: unknown, where: Record<string, unknown>) => void told.push([error as Error, where])
  const logger = createKafka(configOf({ brokers: ['127.0.0.1:1'] }), 'node.1', onError).logger()

  test('come as one line without a stack, and without what was sent', () => {
    logger.namespace('Connection').error('Connection error', { broker: 'b:1', value: '{"lat":47}', stack: 'at x' })
    expect(told.length).toBe(1)
    const [error, where] = told[0] as (typeof told)[0]
    expect([error.message, error.stack]).toEqual(['Connection error', undefined])
    expect(where).toEqual({ stage: 'kafka', namespace: 'Connection', broker: 'b:1' })
  })

  test('come once while they repeat themselves, and only when they are errors', () => {
    for (let i = 0; i < 50; i++) logger.namespace('Connection').error('Connection error', { broker: 'b:1' })
    logger.warn('only a warning')
    expect(told.length).toBe(1)
    logger.namespace('Connection').error('Connection error', { broker: 'b:2' })
    expect(told.length).toBe(2)
  })
})

describe('the settings of a secured cluster', () => {
  test('nothing is said without them', () => {
    expect(securityOf(configOf())).toEqual({})
  })

  test('TLS alone trusts what the system trusts', () => {
    expect(securityOf(configOf({ kafkaTls: true }))).toEqual({ ssl: {} })
  })

  test('files and passwords arrive where kafkajs looks for them', () => {
    const folder = tempFolder()
    try {
      for (const name of ['ca', 'cert', 'key']) writeFileSync(folder.file(name), `PEM of ${name}`)
      const [kafkaCa, kafkaCert, kafkaKey] = [folder.file('ca'), folder.file('cert'), folder.file('key')]
      const login = { kafkaSaslMechanism: 'scram-sha-256', kafkaUsername: 'zlt', kafkaPassword: 'secret' } as const
      expect(securityOf(configOf({ kafkaTls: true, kafkaCa, kafkaCert, kafkaKey, ...login }))).toEqual({
        ssl: { ca: ['PEM of ca'], cert: 'PEM of cert', key: 'PEM of key' },
        sasl: { mechanism: 'scram-sha-256', username: 'zlt', password: 'secret' },
      })
    } finally {
      folder.remove()
    }
  })
})

describe('a failure', () => {
  const cause = Object.assign(new Error('connect ECONNREFUSED'), { type: 'MESSAGE_TOO_LARGE' })
  const wrapped = new Error('retries exceeded', { cause: new Error('non-retriable', { cause }) })

  test('is told by its innermost cause', () => {
    expect([reasonOf(wrapped), reasonOf('odd')]).toEqual(['connect ECONNREFUSED', 'odd'])
  })

  test('is known by its type, however it is wrapped', () => {
    expect(isProtocolError(wrapped, new Set(['MESSAGE_TOO_LARGE']))).toBe(true)
    expect(isProtocolError(wrapped, new Set(['INVALID_RECORD']))).toBe(false)
  })
})
