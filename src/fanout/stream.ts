/** Server-sent events (WHATWG HTML §9.2): the socket's frames for those who cannot open one. */

import type { Claims } from '../domain/audience'
import type { Hub } from './hub'
import { type Sink, Viewer } from './viewer'
import type { Grant, Viewers } from './viewers'

/** Frames that may wait in the stream; beyond, they are conflated. */
const HIGH_WATER_FRAMES = 4

export const STREAM_HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } as const

/** Answers with a stream that ends when the order does. */
export function openStream(hub: Hub, viewers: Viewers, claims: Claims, grant: Grant, nowMs: number): Response {
  let viewer: Viewer | undefined
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const sink: Sink = {
          kind: 'stream',
          send(frame) {
            controller.enqueue(encoder.encode(`data: ${frame}\n\n`))
            return (controller.desiredSize ?? 0) > 0 ? 'sent' : 'queued'
          },
          ping() {},
          close: () => controller.close(),
        }
        viewer = new Viewer(sink, claims, nowMs)
        controller.enqueue(encoder.encode('retry: 2000\n\n'))
        viewers.open(viewer, grant)
      },
      pull() {
        if (viewer?.blocked) hub.drained(viewer)
      },
      cancel() {
        if (viewer !== undefined) hub.remove(viewer)
      },
    },
    { highWaterMark: HIGH_WATER_FRAMES },
  )
  return new Response(body, { headers: STREAM_HEADERS })
}
