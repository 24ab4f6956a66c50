/** An inbox that writes down what it is told. */

import type { Inbox, Message } from '../../src/ports/mail.ts'
import { until } from '../support/until.ts'

/** Writes down what came, and from whom. */
export class TestInbox implements Inbox {
  readonly received: { from: string; message: Message }[] = []
  readonly gaps: string[] = []
  readonly absentees: string[] = []
  readonly dead: string[] = []
  /** Of each time that the post had lost all: whether it was this node that slept. */
  readonly slept: boolean[] = []

  constructor(private readonly onMessage: (message: Message) => void = () => {}) {}

  receive(from: string, messages: readonly Message[]): void {
    for (const message of messages) {
      this.received.push({ from, message })
      this.onMessage(message)
    }
  }

  gap(from: string): void {
    this.gaps.push(from)
  }

  absent(node: string): void {
    this.absentees.push(node)
  }

  expired(node: string): void {
    this.dead.push(node)
  }

  emptied(slept: boolean): void {
    this.slept.push(slept)
  }

  get emptyings(): number {
    return this.slept.length
  }

  orders(): string[] {
    return this.received.map(({ message }) => ('order' in message ? message.order : message.type))
  }

  async waitFor(count: number, deadlineMs?: number): Promise<void> {
    await until(() => this.received.length >= count, `${count} messages`, deadlineMs)
  }
}
