/**
 * Input that nobody should send, each with the answer it must get. None is a 5xx, but for Bun's 505 to a version of HTTP
 * that it does not speak.
 *
 * `400 malformed_json` is our problem document; `400 Bun` is Bun's own answer without a body, given before our code is
 * asked (there is no way to make it ours); `closed` is a connection that ends without an answer, `waits` one that is
 * still open; a socket's frame is answered by its close code.
 */

import { gzipSync } from 'node:zlib'

export type Who = 'rider' | 'customer' | 'desk' | 'admin' | 'nobody'

export interface BadInput {
  name: string
  expected: string
  /** The bytes of the connection, given the tokens. */
  bytes(authorization: (who: Who) => string): Uint8Array
  /** How many answers to wait for. */
  answers?: number
}

export interface BadFrame {
  name: string
  expected: string
  opcode: number
  payload: string | Uint8Array
}

const HOST = 'Host: localhost\r\n'
const FIX = '{"lat":12.97,"lng":77.59}'
const JSON_TYPE = 'Content-Type: application/json\r\n'

const joined = (...parts: (string | Uint8Array)[]) => Buffer.concat(parts.map((part) => Buffer.from(part as string)))

/** A request with a body of its right length. */
function send(
  name: string,
  expected: string,
  body: string | Uint8Array,
  {
    target = 'POST /location',
    who = 'rider',
    headers = JSON_TYPE,
  }: { target?: string; who?: Who; headers?: string } = {},
): BadInput {
  const length = Buffer.from(body as string).length
  const head = (token: string) => `${target} HTTP/1.1\r\n${HOST}${token}${headers}Content-Length: ${length}\r\n\r\n`
  return { name, expected, bytes: (authorization) => joined(head(authorization(who)), body) }
}

/** A POST of a fix whose framing headers are the matter; `rest` follows the head as it is. */
function framed(name: string, expected: string, headers: string, rest: string | Uint8Array, answers = 1): BadInput {
  const head = (token: string) => `POST /location HTTP/1.1\r\n${HOST}${token}${JSON_TYPE}${headers}\r\n`
  return { name, expected, answers, bytes: (authorization) => joined(head(authorization('rider')), rest) }
}

/** A request without a body. */
function ask(name: string, expected: string, target: string, headers = '', who: Who = 'nobody'): BadInput {
  const head = (token: string) => `${target} HTTP/1.1\r\n${HOST}${token}${headers}\r\n`
  return { name, expected, bytes: (authorization) => joined(head(authorization(who))) }
}

/** Bytes as they are. */
function raw(name: string, expected: string, bytes: string | Uint8Array, answers = 1): BadInput {
  return { name, expected, answers, bytes: () => joined(bytes) }
}

function chunked(...parts: string[]): string {
  return `${parts.map((part) => `${Buffer.byteLength(part).toString(16)}\r\n${part}\r\n`).join('')}0\r\n\r\n`
}

const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth)

export const BODY_ROWS: readonly BadInput[] = [
  send('lat as text', '400 wrong_type', '{"lat":"12.97","lng":77.59}'),
  send('lat 1e400', '400 wrong_type', '{"lat":1e400,"lng":77.59}'),
  send('lat NaN', '400 malformed_json', '{"lat":NaN,"lng":77.59}'),
  send('lat "NaN"', '400 wrong_type', '{"lat":"NaN","lng":77.59}'),
  send('lat −0', '202', '{"lat":-0,"lng":-0.0}'),
  send('lat beyond 2^53', '400 out_of_range', '{"lat":9007199254740993,"lng":1}'),
  send('lat of 300 digits', '400 out_of_range', `{"lat":${'9'.repeat(300)},"lng":1}`),
  send('lat of 400 digits', '400 wrong_type', `{"lat":${'9'.repeat(400)},"lng":1}`),
  send('lat of 100,000 decimals', '202', `{"lat":1.${'3'.repeat(100_000)},"lng":1}`),
  send('lat hexadecimal', '400 malformed_json', '{"lat":0x10,"lng":1}'),
  send('lat with a leading zero', '400 malformed_json', '{"lat":012,"lng":1}'),
  send('timestamp 0', '400 time_unit', '{"lat":1,"lng":1,"timestamp":0}'),
  send('timestamp negative', '400 time_unit', '{"lat":1,"lng":1,"timestamp":-1760000000}'),
  send('timestamp 1e308', '400 time_unit', '{"lat":1,"lng":1,"timestamp":1e308}'),
  send('fix_time_ms beyond 2^53', '400 time_unit', '{"lat":1,"lng":1,"fix_time_ms":9007199254740993}'),
  send('order_id constructor', '404 order_not_found', '{"lat":1,"lng":1,"order_id":"constructor"}'),
  send('order_id __proto__', '404 order_not_found', '{"lat":1,"lng":1,"order_id":"__proto__"}'),
  send('order_id with NUL', '400 invalid_id', '{"lat":1,"lng":1,"order_id":"a\\u0000"}'),
  send('order_id a lone surrogate', '400 invalid_id', '{"lat":1,"lng":1,"order_id":"\\ud800"}'),
  send('order_id a path', '400 invalid_id', '{"lat":1,"lng":1,"order_id":"../../etc/passwd"}'),
  send('order_id SQL', '400 invalid_id', `{"lat":1,"lng":1,"order_id":"' OR 1=1 --"}`),
  send('__proto__ with the fix in it', '400 required', '{"__proto__":{"lat":1,"lng":1}}'),
  send(
    '__proto__ and constructor beside the fix',
    '202',
    `{"__proto__":{"role":"ADMIN"},"constructor":{"prototype":{"x":1}},${FIX.slice(1)}`,
  ),
  send('a key twice: the last counts', '202', '{"lat":"x","lat":12.97,"lng":77.59}'),
  send('null', '400 wrong_type', 'null'),
  send('true', '400 wrong_type', 'true'),
  send('a text', '400 wrong_type', '"lat"'),
  send('a number', '400 wrong_type', '12.97'),
  send('an empty array', '400 empty_batch', '[]'),
  send('an array of null', '400 wrong_type', '[null]'),
  send('an array of arrays', '400 wrong_type', `[[${FIX}]]`),
  send('201 fixes', '400 too_many_fixes', `[${new Array(201).fill(FIX).join()}]`),
  send('100,000 zeros', '400 too_many_fixes', `[${new Array(100_000).fill('0').join()}]`),
  send('arrays 100,000 deep', '400 wrong_type', nested('[', ']', 100_000)),
  send('objects 40,000 deep', '400 required', `${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`),
  send('a fix with 100,000 arrays in a member', '202', `{"x":${nested('[', ']', 100_000)},${FIX.slice(1)}`),
  send('100,000 open brackets', '400 malformed_json', '['.repeat(100_000)),
  send('20,000 members', '202', `{${Array.from({ length: 20_000 }, (_, i) => `"k${i}":1`).join()},${FIX.slice(1)}`),
  send('nothing', '400 malformed_json', ''),
  send('blanks', '400 malformed_json', '   '),
  send('trailing garbage', '400 malformed_json', `${FIX}x`),
  send('two documents', '400 malformed_json', FIX + FIX),
  send('JSON lines', '400 malformed_json', `${FIX}\n${FIX}`),
  send('a comment', '400 malformed_json', `/* here */${FIX}`),
  send('single quotes', '400 malformed_json', "{'lat':1,'lng':1}"),
  send('a trailing comma', '400 malformed_json', '{"lat":1,"lng":1,}'),
  send('a form', '400 malformed_json', 'lat=12.97&lng=77.59'),
  send('a byte order mark', '202', `\uFEFF${FIX}`),
  send('two byte order marks', '400 malformed_json', `\uFEFF\uFEFF${FIX}`),
  send('UTF-16', '400 malformed_json', Buffer.from(FIX, 'utf16le')),
  send('UTF-16 with its mark', '400 invalid_utf8', Buffer.from(`\uFEFF${FIX}`, 'utf16le')),
  send('Latin-1', '400 invalid_utf8', Buffer.from('{"lat":1,"lng":1,"id":"é"}', 'latin1')),
  send('overlong UTF-8', '400 invalid_utf8', joined('{"lat":1,"lng":1,"id":"', Buffer.from([0xc0, 0xaf]), '"}')),
  send('a surrogate in UTF-8', '400 invalid_utf8', joined('{"id":"', Buffer.from([0xed, 0xa0, 0x80]), '"}')),
  send(
    'bytes at random',
    '400 invalid_utf8',
    Uint8Array.from({ length: 256 }, (_, i) => (i * 151 + 200) % 256),
  ),
  send('gzip, said so', '415 unsupported_encoding', gzipSync(FIX), {
    headers: `${JSON_TYPE}Content-Encoding: gzip\r\n`,
  }),
  send('gzip, not said', '400 invalid_utf8', gzipSync(FIX)),
  send('an encoding nobody knows', '415 unsupported_encoding', FIX, { headers: `${JSON_TYPE}Content-Encoding: x\r\n` }),
  send('no Content-Type', '415 unsupported_media_type', FIX, { headers: '' }),
  send('text/plain', '415 unsupported_media_type', FIX, { headers: 'Content-Type: text/plain\r\n' }),
  send('application/jsonp', '415 unsupported_media_type', FIX, { headers: 'Content-Type: application/jsonp\r\n' }),
  send('a charset that is not UTF-8 is not believed', '202', FIX, {
    headers: 'Content-Type: application/json; charset=utf-16\r\n',
  }),
  send('300 KB', '413 body_too_large', 'x'.repeat(300_000)),
  send('a body where none belongs', '200', 'hello', { target: 'GET /auth/me', headers: '' }),
]

const order = (body: string, expected: string, name: string) =>
  send(name, expected, body, { target: 'POST /orders', who: 'desk' })

export const CONTROL_ROWS: readonly BadInput[] = [
  order('{"id":"x","__proto__":{"status":"delivered"}}', '400 invalid_body', 'an order with __proto__'),
  order('{"id":"x","constructor":1}', '400 invalid_body', 'an order with a member nobody knows'),
  order('{"id":7}', '400 invalid_body', 'an order whose id is a number'),
  order('{"id":""}', '400 invalid_body', 'an order with an empty id'),
  order('[]', '400 invalid_body', 'an order that is an array'),
  order('null', '400 invalid_body', 'an order that is null'),
  order(nested('[', ']', 100_000), '400 invalid_body', 'an order 100,000 deep'),
  order(`{"drop":${'{"lat":'.repeat(30_000)}1${'}'.repeat(30_000)}}`, '400 invalid_body', 'a drop 30,000 deep'),
  order('{"drop":{"lat":1e400,"lng":1}}', '400 invalid_body', 'a drop at 1e400'),
  order('{"drop":{"lat":91,"lng":1}}', '400 invalid_body', 'a drop beyond the pole'),
  order(`{"stops":[${new Array(51).fill('{"lat":1,"lng":1,"kind":"drop"}').join()}]}`, '400 invalid_body', '51 stops'),
  order('{"route":{"polyline":"\\u0000","precision":5}}', '400 invalid_body', 'a polyline with NUL'),
  order('{"promised_ms":-1}', '400 invalid_body', 'a promise in 1969'),
  order('{"route":{"polyline":"_p~iF~ps|","precision":5}}', '400 invalid_body', 'a polyline that ends inside a point'),
  order('{"route":{"polyline":"~~~~~~^~~~~~^","precision":5}}', '400 invalid_body', 'a polyline that leaves the Earth'),
  // Kept as they are: JSON carries them escaped, in the database too.
  order('{"drop":{"lat":1,"lng":1,"name":"\\ud800"}}', '201', 'a name that is half a character'),
  order('{"drop":{"lat":1,"lng":1,"name":"a\\u0000b"}}', '201', 'a name with NUL'),
  send('a status nobody knows', '400 invalid_body', '{"status":"__proto__"}', {
    target: 'POST /orders/o1/status',
    who: 'desk',
  }),
  send('a partner nobody can be', '400 invalid_body', '{"partner_id":"a b"}', {
    target: 'POST /orders/o1/assign',
    who: 'desk',
  }),
  send('a token for a year', '400 invalid_body', '{"role":"CUSTOMER","sub":"x","ttl_s":31536000}', {
    target: 'POST /orders/o1/tokens',
    who: 'desk',
  }),
  send('a token for an admin', '400 invalid_body', '{"role":"ADMIN","sub":"x"}', {
    target: 'POST /orders/o1/tokens',
    who: 'desk',
  }),
  send('an empty change', '400 invalid_body', '{}', { target: 'PATCH /orders/o1', who: 'desk' }),
  send('a login without a password', '400 invalid_body', '{"username":"admin"}', {
    target: 'POST /auth/login',
    who: 'nobody',
  }),
  send('a login as __proto__', '401 bad_credentials', '{"username":"__proto__","password":"x"}', {
    target: 'POST /auth/login',
    who: 'nobody',
  }),
  send('a login with NUL', '401 bad_credentials', '{"username":"admin\\u0000","password":"x\\u0000"}', {
    target: 'POST /auth/login',
    who: 'nobody',
  }),
  send(
    'a login with a password of 1 MB',
    '413 body_too_large',
    `{"username":"admin","password":"${'x'.repeat(1e6)}"}`,
    { target: 'POST /auth/login', who: 'nobody' },
  ),
  send('a user named with a line end', '400 invalid_body', '{"username":"a\\nb","role":"CUSTOMER"}', {
    target: 'POST /users',
    who: 'admin',
  }),
  send('a user of a role nobody has', '400 invalid_body', '{"username":"a","role":"constructor"}', {
    target: 'POST /users',
    who: 'admin',
  }),
  send('an Idempotency-Key of 5,000', '400 invalid_parameter', '{}', {
    target: 'POST /orders',
    who: 'desk',
    headers: `${JSON_TYPE}Idempotency-Key: ${'k'.repeat(5_000)}\r\n`,
  }),
  ask('limit 0', '400 invalid_parameter', 'GET /orders?limit=0', '', 'desk'),
  ask('limit −1', '400 invalid_parameter', 'GET /orders?limit=-1', '', 'desk'),
  ask('limit 1e9', '400 invalid_parameter', 'GET /orders?limit=1e9', '', 'desk'),
  ask('limit NaN', '400 invalid_parameter', 'GET /orders?limit=NaN', '', 'desk'),
  ask('limit 0x10', '400 invalid_parameter', 'GET /orders?limit=0x10', '', 'desk'),
  ask('a cursor that is none', '400 invalid_parameter', 'GET /orders?cursor=%00%ff', '', 'desk'),
  ask(
    'a cursor of JSON',
    '400 invalid_parameter',
    `GET /orders?cursor=${Buffer.from('{"a":1}').toString('base64url')}`,
    '',
    'desk',
  ),
  ask('status __proto__', '400 invalid_parameter', 'GET /orders?status=__proto__', '', 'desk'),
  ask('a user id with NUL', '404 user_not_found', 'GET /users/%00', '', 'admin'),
]

export const REQUEST_ROWS: readonly BadInput[] = [
  framed('declared 1 GB', '413 body_too_large', 'Content-Length: 1000000000\r\n', ''),
  framed('declared 10^20', '400 Bun', 'Content-Length: 100000000000000000000\r\n', ''),
  framed('declared −1', '400 Bun', 'Content-Length: -1\r\n', ''),
  framed('declared "abc"', '400 Bun', 'Content-Length: abc\r\n', ''),
  framed('declared +25', '400 Bun', 'Content-Length: +25\r\n', FIX),
  framed('declared twice alike', '202', 'Content-Length: 25\r\nContent-Length: 25\r\n', FIX),
  framed('declared twice otherwise', '400 Bun', 'Content-Length: 25\r\nContent-Length: 3\r\n', FIX),
  framed('declared and chunked', '400 Bun', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', chunked(FIX)),
  framed(
    'declared too short: the rest is another request',
    '400 malformed_json | 400 Bun',
    'Content-Length: 10\r\n',
    FIX,
    2,
  ),
  framed('declared too long', 'waits', 'Content-Length: 100\r\n', FIX),
  framed('no length at all', '400 malformed_json', '', ''),
  framed(
    'chunks of 300 KB in all',
    '413 body_too_large',
    'Transfer-Encoding: chunked\r\n',
    chunked(...new Array(300).fill('x'.repeat(1_000))),
  ),
  framed(
    'chunks that split a character',
    '202',
    'Transfer-Encoding: chunked\r\n',
    joined('18\r\n{"lat":1,"lng":1,"x":"a', Buffer.from([0xc3]), '\r\n3\r\n', Buffer.from([0xa9]), '"}\r\n0\r\n\r\n'),
  ),
  framed('a byte order mark in chunks', '202', 'Transfer-Encoding: chunked\r\n', chunked(`\uFEFF${FIX}`)),
  framed(
    'invalid UTF-8 in chunks',
    '400 invalid_utf8',
    'Transfer-Encoding: chunked\r\n',
    joined('3\r\n"', Buffer.from([0xff]), '"\r\n0\r\n\r\n'),
  ),
  framed('a chunk size that is none', '400 Bun', 'Transfer-Encoding: chunked\r\n', 'zz\r\nabc\r\n0\r\n\r\n'),
  framed('a chunk size of 17 digits', '400 Bun', 'Transfer-Encoding: chunked\r\n', 'fffffffffffffffff\r\nabc'),
  framed('Transfer-Encoding: gzip, chunked', '400 Bun', 'Transfer-Encoding: gzip, chunked\r\n', chunked(FIX)),
  framed('Transfer-Encoding: xchunked', '400 Bun', 'Transfer-Encoding: xchunked\r\n', chunked(FIX)),
  framed('Expect: 100-continue', '100 | 202', 'Expect: 100-continue\r\nContent-Length: 25\r\n', FIX, 2),

  raw('no Host', '400 Bun', 'GET /healthz HTTP/1.1\r\n\r\n'),
  raw('an empty Host', '400 bad_host', 'GET /healthz HTTP/1.1\r\nHost:\r\n\r\n'),
  ...['a b', 'a/b', 'a?b', 'a@b', 'a:99999', 'a:port', '[::1', '999.999.999.999', 'a%00b', '"x"', 'exämple'].map(
    (host) => raw(`Host: ${host}`, '400 bad_host', `GET /auth/me HTTP/1.1\r\nHost: ${host}\r\n\r\n`),
  ),
  raw('two Hosts: Bun takes the first', '200', 'GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'),
  raw('HTTP/1.0 with a Host', '200', 'GET /healthz HTTP/1.0\r\nHost: a\r\n\r\n'),
  raw('HTTP/1.0 without', '400 bad_host', 'GET /healthz HTTP/1.0\r\n\r\n'),
  raw('HTTP/2.0', '505 Bun', 'GET /healthz HTTP/2.0\r\nHost: a\r\n\r\n'),
  raw('HTTP/0.9', '505 Bun', 'GET /healthz\r\n\r\n'),
  raw('the preface of HTTP/2', '400 Bun', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  raw('lines that end with LF alone', '505 Bun', 'GET /healthz HTTP/1.1\nHost: a\n\n'),
  raw('a TLS hello', '400 Bun', Uint8Array.of(0x16, 3, 1, 0, 0xa5, 1, 0, 0, 0xa1, 3, 3)),
  raw('zeros', '400 Bun', new Uint8Array(64)),
  raw('half a head', 'waits', 'GET /healthz HTTP/1.1\r\nHost'),
  raw(
    'three requests at once',
    '200 | 404 not_found | 401 token_missing',
    `GET /healthz HTTP/1.1\r\n${HOST}\r\nGET /no HTTP/1.1\r\n${HOST}\r\nGET /auth/me HTTP/1.1\r\n${HOST}\r\n`,
    3,
  ),

  {
    name: 'two requests at once: Bun ends a connection whose first answer takes time',
    expected: 'closed',
    answers: 2,
    bytes: (authorization) =>
      joined(`GET /orders/no/track HTTP/1.1\r\n${HOST}${authorization('customer')}\r\n`.repeat(2)),
  },
  ask('a header of 20 KB', '431 Bun', 'GET /healthz', `X: ${'a'.repeat(20_000)}\r\n`),
  ask('250 headers', '431 Bun', 'GET /healthz', Array.from({ length: 250 }, (_, i) => `X${i}: a\r\n`).join('')),
  ask('a header without a colon', '400 Bun', 'GET /healthz', 'abc\r\n'),
  ask('a blank before the colon', '400 Bun', 'GET /healthz', 'X : a\r\n'),
  ask('a folded header', '400 Bun', 'GET /healthz', 'X: a\r\n b\r\n'),
  ask('NUL in a header', '400 Bun', 'GET /healthz', 'X: a\0b\r\n'),
  ask('Upgrade: h2c', '200', 'GET /healthz', 'Connection: Upgrade\r\nUpgrade: h2c\r\n'),

  ...[
    '',
    'Bearer',
    'Bearer ',
    'Basic YTpi',
    'Bearer a.b.c',
    'Bearer ..',
    'Bearer null',
    'Bearer é.é.é',
    'Token x',
    `Bearer ${'a'.repeat(9_000)}.b.c`,
  ].map((value) =>
    ask(`Authorization: ${value.slice(0, 16)}`, '401 token_invalid', 'GET /auth/me', `Authorization: ${value}\r\n`),
  ),
  ask('Authorization twice', '401 token_invalid', 'GET /auth/me', 'Authorization: Bearer x\r\n', 'rider'),

  ask('method PUT', '405 method_not_allowed', 'PUT /location', '', 'rider'),
  ask('method TRACE', '405 method_not_allowed', 'TRACE /location', '', 'rider'),
  ask('method in small letters', 'closed', 'get /healthz'),
  ask('method FOO', 'closed', 'FOO /healthz'),
  ask('no method', '400 Bun', ' /healthz'),
  ask('CONNECT', '400 bad_host', 'CONNECT a:80'),
  ask('OPTIONS *', '400 Bun', 'OPTIONS *'),

  ask('path /%00', '404 not_found', 'GET /%00'),
  ask('an order id of NUL', '404 order_not_found', 'GET /orders/%00/track', '', 'customer'),
  ask('an order id with a slash inside', '404 order_not_found', 'GET /orders/a%2Fb/track', '', 'customer'),
  ask('an order id in broken percents', '404 order_not_found', 'GET /orders/%zz/track', '', 'customer'),
  ask('an order id in half a character', '404 order_not_found', 'GET /orders/%E0%A4%A/track', '', 'customer'),
  ask('an order id of an emoji', '404 order_not_found', 'GET /orders/😀/track', '', 'customer'),
  ask('an order id of 65', '404 order_not_found', `GET /orders/${'a'.repeat(65)}`, '', 'customer'),
  ask('order constructor', '404 order_not_found', 'GET /orders/constructor/track', '', 'customer'),
  ask('order __proto__', '404 order_not_found', 'GET /orders/__proto__', '', 'customer'),
  ask('.. in the path is resolved', '200', 'GET /orders/../healthz'),
  ask('.. out of the root', '404 not_found', 'GET /../../../etc/passwd'),
  ask('.. encoded', '404 not_found', 'GET /%2e%2e/%2e%2e/etc/passwd'),
  ask('.. encoded twice', '404 not_found', 'GET /%252e%252e/etc/passwd'),
  ask('two slashes', '404 not_found', 'GET //healthz'),
  ask('a backslash', '404 not_found', 'GET /\\healthz'),
  ask('large letters', '404 not_found', 'GET /HEALTHZ'),
  ask('a path of 10,000', '404 not_found', `GET /${'a'.repeat(10_000)}`),
  ask('a path of 20,000', '431 Bun', `GET /${'a'.repeat(20_000)}`),
  ask('a path without a slash', '400 Bun', 'GET healthz'),
  ask('a whole URL', '200', 'GET http://other.example/healthz'),
  ask('a URL with another scheme', '400 Bun', 'GET ftp://other.example/healthz'),
  ask('a query of 9,000', '200', `GET /healthz?${'a'.repeat(9_000)}`),
  ask('a query of broken percents', '200', 'GET /healthz?%zz=%'),

  ask('/ws as plain HTTP', '426 upgrade_required', 'GET /ws?order_id=o1', '', 'customer'),
  ask(
    'an upgrade without a key',
    '426 upgrade_required',
    'GET /ws?order_id=o1',
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n',
    'customer',
  ),
  ask(
    'an upgrade with a short key',
    '426 upgrade_required',
    'GET /ws?order_id=o1',
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n',
    'customer',
  ),
  ask(
    'an upgrade of version 7',
    '426 Bun',
    'GET /ws?order_id=o1',
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 7\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
    'customer',
  ),
  ask(
    'an upgrade by POST',
    '405 method_not_allowed',
    'POST /ws?order_id=o1',
    'Connection: Upgrade\r\nUpgrade: websocket\r\n',
    'customer',
  ),
  ask('a token in the query', '400 token_in_query', 'GET /ws?order_id=o1&token=x', '', 'customer'),
  ask('a token in the query elsewhere', '400 token_in_query', 'GET /auth/me?access_token=x'),
  ask(
    'a subprotocol with no token in it',
    '401 token_invalid',
    'GET /ws?order_id=o1',
    'Sec-WebSocket-Protocol: zlt.v1, zlt.bearer.\r\n',
  ),
]

export const FRAME_ROWS: readonly BadFrame[] = [
  { name: 'not JSON', expected: 'close 4400', opcode: 1, payload: 'hello' },
  { name: 'JSON that is no object', expected: 'close 4400', opcode: 1, payload: '7' },
  { name: 'an array', expected: 'close 4400', opcode: 1, payload: '[{"type":"ack"}]' },
  { name: 'empty', expected: 'close 4400', opcode: 1, payload: '' },
  { name: 'binary', expected: 'close 4400', opcode: 2, payload: '{"type":"ack"}' },
  { name: '5 KiB', expected: 'close 4400', opcode: 1, payload: `{"type":"ack","x":"${'x'.repeat(5_000)}"}` },
  { name: '2,000 arrays deep', expected: 'close 4400', opcode: 1, payload: nested('[', ']', 2_000) },
  {
    name: 'watch __proto__',
    expected: 'error order_not_found',
    opcode: 1,
    payload: '{"type":"watch","order_id":"__proto__"}',
  },
  { name: 'watch an array', expected: 'close 4400', opcode: 1, payload: '{"type":"watch","order_id":["o1"]}' },
  { name: 'a type of __proto__', expected: 'nothing', opcode: 1, payload: '{"type":"__proto__"}' },
  { name: 'auth with garbage', expected: 'close 4401', opcode: 1, payload: '{"type":"auth","token":"a.b.c"}' },
  {
    name: 'auth with 3 KB',
    expected: 'close 4401',
    opcode: 1,
    payload: `{"type":"auth","token":"${'a'.repeat(3_000)}"}`,
  },
  { name: 'text that is not UTF-8', expected: 'close 1007', opcode: 1, payload: Uint8Array.of(0xff, 0xfe) },
  { name: '100 KB', expected: 'close 1009', opcode: 1, payload: 'x'.repeat(100_000) },
  { name: 'an opcode nobody knows', expected: 'close 1002', opcode: 5, payload: 'x' },
  { name: 'a ping of 126 bytes', expected: 'close 1002', opcode: 9, payload: 'x'.repeat(126) },
  { name: 'a continuation of nothing', expected: 'close 1002', opcode: 0, payload: 'x' },
]
