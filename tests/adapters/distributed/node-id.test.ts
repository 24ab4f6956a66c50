/** A node keeps its name, and is another node after each start. */

import { afterAll, describe, expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { nameOfNode, nodeId } from '../../../src/adapters/distributed/node-id.ts'
import { tempFolder } from '../../support/temp-folder.ts'

const folders = [tempFolder(), tempFolder()]
const [one, other] = folders as [(typeof folders)[0], (typeof folders)[0]]
afterAll(() => {
  for (const folder of folders) folder.remove()
})

describe('the id of a node', () => {
  test('is the name of its folder, made once, and the start', () => {
    const first = nodeId(one, undefined, 1_000)
    const second = nodeId(one, undefined, 2_000)
    expect(first).toMatch(/^[a-z]+-[a-z]+-\d{4}\.1000$/)
    expect([nameOfNode(second), second]).toEqual([nameOfNode(first), `${nameOfNode(first)}.2000`])
    expect(readFileSync(one.file('node-name'), 'utf8').trim()).toBe(nameOfNode(first))
    expect(nameOfNode(nodeId(other, undefined, 1_000))).not.toBe(nameOfNode(first))
  })

  test('takes the name of the settings before that', () => {
    expect(nodeId(one, 'kitchen.2', 5)).toBe('kitchen.2.5')
    expect(nameOfNode('kitchen.2.5')).toBe('kitchen.2')
  })

  test('is made anew where the file holds no name', () => {
    writeFileSync(other.file('node-name'), 'a\u0000b ')
    expect(nodeId(other, undefined, 7)).toMatch(/^[a-z]+-[a-z]+-\d{4}\.7$/)
  })
})
