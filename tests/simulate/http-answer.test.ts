import { describe, expect, test } from 'bun:test'
import { parseAnswer } from '../../cli/simulate/http-answer'

const parse = (text: string) => parseAnswer(Buffer.from(text))

describe('parseAnswer', () => {
  test('takes a body by its length in bytes', () => {
    expect(parse('HTTP/1.1 202 Accepted\r\nContent-Length: 3\r\nX: 1\r\n\r\né!')).toEqual({
      kind: 'answer',
      answer: { status: 202, body: 'é!', keepAlive: true },
    })
  })

  test('every shorter part of a response is incomplete', () => {
    for (const whole of [
      'HTTP/1.1 503 Service Unavailable\r\ncontent-length: 11\r\n\r\n{"code":"x"}'.slice(0, -1),
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n6;x=1\r\npedia \r\n0\r\n\r\n',
    ]) {
      expect(parse(whole).kind).toBe('answer')
      for (let length = 0; length < whole.length; length++) {
        expect(parse(whole.slice(0, length)).kind).toBe('incomplete')
      }
    }
  })

  test('joins chunks', () => {
    const text =
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n'
    expect(parse(text)).toEqual({ kind: 'answer', answer: { status: 200, body: 'abc0123456789', keepAlive: false } })
  })

  test('without a length the body ends with the connection', () => {
    expect(parse('HTTP/1.1 502 Bad Gateway\r\n\r\noh')).toMatchObject({ kind: 'untilClose', status: 502 })
  })

  test('204 has no body', () => {
    expect(parse('HTTP/1.1 204 No Content\r\n\r\n')).toMatchObject({ answer: { status: 204, body: '' } })
  })

  test('what is no response is refused', () => {
    expect(() => parse('SSH-2.0-OpenSSH_9.2\r\n\r\n')).toThrow('not a response')
    expect(() => parse('HTTP/1.1 101 Switching Protocols\r\n\r\n')).toThrow('not a response')
    expect(() => parse('x'.repeat(70_000))).toThrow('does not end')
    expect(() => parse('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc')).toThrow('chunk')
  })
})
