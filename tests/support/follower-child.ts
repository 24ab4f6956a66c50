/** A member of a group in a process of its own: `bun follower-child.ts OPTIONS_JSON`; says each event as a line of JSON. */

import { writeSync } from 'node:fs'
import { type MemberOptions, startMember } from './group-member.ts'

const options = JSON.parse(process.argv[2] ?? '') as MemberOptions
// Written at once: what is still in a buffer when the process is killed was never said.
startMember(options, (event) => void writeSync(1, `${JSON.stringify(event)}\n`))
