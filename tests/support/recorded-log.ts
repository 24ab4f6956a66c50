/** The topics of facts for auth nodes in several processes: a server that keeps the newest values, and all it was sent. */

import type { FactTopic, Log } from '../../src/ports/log.ts'

/** What the relay needs of a log. */
export type RelayLog = Pick<Log, 'publish' | 'tail' | 'mayHaveRewound'>

export interface Publication {
  /** Which node sent it. */
  by: string
  topic: FactTopic
  key: string
  value: string | null
  atMs: number
}

export interface RecordedLog {
  url: string
  published: Publication[]
  /** Awaited before one is kept; what it throws, the publisher gets. */
  before: (sent: Omit<Publication, 'atMs'>) => void | Promise<void>
  facts(topic: FactTopic): Map<string, string>
  /** The log as the node of this name sees it, in this process or another. */
  close(): Promise<void>
}

export function openRecordedLog(): RecordedLog {
  const topics = new Map<string, Map<string, string>>()
  const factsOf = (topic: string) => {
    const facts = topics.get(topic) ?? new Map<string, string>()
    topics.set(topic, facts)
    return facts
  }
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    async fetch(request) {
      if (request.method === 'GET') {
        const topic = new URL(request.url).searchParams.get('topic') ?? ''
        return Response.json([...factsOf(topic)])
      }
      const sent = (await request.json()) as Omit<Publication, 'atMs'>
      try {
        await recorded.before(sent)
      } catch (error) {
        return new Response(String(error), { status: 503 })
      }
      if (sent.value === null) factsOf(sent.topic).delete(sent.key)
      else factsOf(sent.topic).set(sent.key, sent.value)
      recorded.published.push({ ...sent, atMs: performance.now() })
      return new Response(null, { status: 204 })
    },
  })
  const recorded: RecordedLog = {
    url: server.url.origin,
    published: [],
    before: () => {},
    facts: (topic) => new Map(factsOf(topic)),
    close: () => server.stop(true),
  }
  return recorded
}

/** The log as the node of this name sees it, in this process or another. */
export function recordedLogAt(url: string, by: string): RelayLog {
  return {
    async publish(topic, key, value) {
      const response = await fetch(url, { method: 'POST', body: JSON.stringify({ by, topic, key, value }) })
      if (!response.ok) throw new Error(`the log is away: ${await response.text()}`)
    },
    async tail(topic, onFact) {
      const facts = (await (await fetch(`${url}/?topic=${topic}`)).json()) as [string, string][]
      for (const [key, value] of facts) onFact(key, value)
      return { close: async () => {} }
    },
    mayHaveRewound: () => false,
  }
}
