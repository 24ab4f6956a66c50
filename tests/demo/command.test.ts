import { afterAll, expect, test } from 'bun:test'

const children: Bun.Subprocess[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

interface Event {
  event: string
  url: string
  order_id: string
  sees: string
}

test('zlt demo prints links that show moving riders, ends on a signal and leaves nothing', async () => {
  const child = Bun.spawn([process.execPath, 'cli/main.ts', 'demo', '--json', '--port', '0', '--duration', '60s'], {
    cwd: `${import.meta.dir}/../..`,
    stdout: 'pipe',
    stderr: 'pipe',
  })
  children.push(child)
  const events: Event[] = []
  const lines = readLines(child.stdout)
  // Not `for await`: leaving it would close the pipe, and the demo would end by that.
  while (events.at(-1)?.event !== 'ready') {
    const { value, done } = await lines.next()
    if (done) throw new Error(`the demo ended: ${await new Response(child.stderr).text()}`)
    events.push(JSON.parse(value))
  }
  const links = events.filter(({ event }) => event === 'link')
  expect(links.length).toBeGreaterThanOrEqual(7)

  for (const { url, order_id, sees } of links) {
    expect(sees).not.toBe('')
    const { origin, pathname, hash } = new URL(url)
    expect(pathname).toBe(`/t/${order_id}`)
    const headers = { authorization: `Bearer ${hash.replace('#t=', '')}` }
    const deadlineMs = Date.now() + 5_000
    let view: { order?: { pickup?: object; drop?: object }; position?: { accuracy_m?: number } } = {}
    while (view.position === undefined && Date.now() < deadlineMs) {
      view = (await (await fetch(`${origin}/orders/${order_id}/track`, { headers })).json()) as typeof view
    }
    expect(view.position?.accuracy_m).toBeGreaterThan(0)
    expect(view.order?.pickup && view.order.drop).toBeDefined()
  }

  child.kill('SIGINT')
  expect(await child.exited).toBe(130)
  const rest = await Array.fromAsync(lines)
  expect(JSON.parse(rest.at(-1) ?? '{}')).toEqual({ event: 'close' })
  expect(await new Response(child.stderr).text()).toBe('')
}, 30_000)

async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}
