/** The contract of `Mail`: kept by mail in memory between several nodes, and noticed when that breaks a promise. */

import type { Inbox, Mail, Message } from '../../src/ports/mail.ts'
import { type Broken, describeBroken } from './cases.ts'
import { describeMailContract, MAIL_CASES, type OpenedMail } from './mail.contract.ts'
import { type MemoryMail, MemoryPost } from './memory-mail.ts'

function opener(spoil: (mail: MemoryMail, post: MemoryPost) => Partial<Mail>): () => Promise<OpenedMail> {
  return async () => {
    const post = new MemoryPost()
    const node = (): Mail => {
      const mail = post.node()
      const whole: Mail = {
        self: mail.self,
        send: (to, messages) => mail.send(to, messages),
        open: (inbox) => mail.open(inbox),
        nodes: () => mail.nodes(),
        claim: (partition) => mail.claim(partition),
        ownerOf: (partition) => mail.ownerOf(partition),
        health: () => mail.health(),
        close: () => mail.close(),
      }
      return { ...whole, ...spoil(mail, post) }
    }
    return {
      mail: node(),
      another: async () => node(),
      kill: async ({ self }) => post.kill(self),
      empty: async () => post.empty(),
      cutOff: async () => {
        const back = post.cutOff()
        return async () => back()
      },
      cleanup: async () => {},
      deadlineMs: 300,
    }
  }
}

function spoiled(
  how: string,
  spoil: (mail: MemoryMail, post: MemoryPost) => Partial<Mail>,
  breaks: readonly string[],
): Broken<OpenedMail> {
  return { how, breaks, open: opener(spoil) }
}

/** Puts something between the mail and its inbox. */
function receiving(change: (inbox: Inbox, mail: MemoryMail, post: MemoryPost) => Partial<Inbox>) {
  return (mail: MemoryMail, post: MemoryPost): Partial<Mail> => ({
    open: (inbox) =>
      mail.open({
        receive: (from, messages) => inbox.receive(from, messages),
        gap: (from) => inbox.gap(from),
        absent: (node) => inbox.absent(node),
        expired: (node) => inbox.expired(node),
        emptied: (slept) => inbox.emptied(slept),
        ...change(inbox, mail, post),
      }),
  })
}

const CLOSED = 'a node that has closed is absent to whoever sends to it, and no node any more'
const DIES = 'a node that dies is told to the others once, and no living one ever'
const EMPTIED = 'a post that has lost all says so to each node once, goes on, and calls nobody dead'
const AWAY = 'a post that is away shows in health, and what was sent meanwhile arrives or a gap is told'
const TWO_NODES = 'between two nodes order holds per sender, and each gets only its own'

const BROKEN = [
  spoiled(
    'delivers the newest first',
    (mail) => {
      let queue: Message[] = []
      return {
        send: (to, messages) => {
          if (queue.length === 0) {
            queueMicrotask(() => {
              mail.send(to, queue.reverse())
              queue = []
            })
          }
          queue.push(...messages)
        },
      }
    },
    ['what a node sends itself arrives in the order sent, each once'],
  ),
  spoiled(
    'delivers twice',
    receiving((inbox) => ({
      receive: (from, messages) => {
        inbox.receive(from, messages)
        inbox.receive(from, messages)
      },
    })),
    ['what a node sends itself arrives in the order sent, each once', TWO_NODES],
  ),
  spoiled(
    'loses a message and tells no gap',
    receiving((inbox) => {
      let count = 0
      return {
        receive: (from, messages) =>
          inbox.receive(
            from,
            messages.filter(() => ++count % 100 !== 0),
          ),
      }
    }),
    ['what a node sends itself arrives in the order sent, each once', TWO_NODES],
  ),
  spoiled(
    'drops what is null',
    receiving((inbox) => ({
      receive: (from, messages) =>
        inbox.receive(
          from,
          messages.map((one) => JSON.parse(JSON.stringify(one, (_key, value) => value ?? undefined))),
        ),
    })),
    ['messages arrive as they were sent', 'every kind of message goes to another node as it was sent'],
  ),
  spoiled(
    'delivers within send',
    (mail, post) => ({ send: (to, messages) => post.inboxes.get(to)?.receive(mail.self, messages) }),
    ['nothing is delivered before send has returned'],
  ),
  spoiled(
    'forgets what came before the inbox',
    (_mail, post) => ({
      send: (to, messages) => {
        if (post.inboxes.has(to)) post.deliver(to, to, messages)
      },
    }),
    [
      'what is sent before the inbox opens arrives, or a gap is told',
      'what is sent to another node before it opens arrives, or a gap is told',
    ],
  ),
  spoiled(
    'is deaf after its inbox has thrown',
    receiving((inbox) => {
      let deaf = false
      return {
        receive: (from, messages) => {
          if (deaf) return
          deaf = true
          inbox.receive(from, messages)
          deaf = false
        },
      }
    }),
    ['an inbox that throws gets what comes later'],
  ),
  spoiled('takes all mail for its own', (mail) => ({ send: (_to, messages) => mail.send(mail.self, messages) }), [
    'what is sent to a node that does not exist goes to nobody',
    TWO_NODES,
  ]),
  spoiled('goes on after close', () => ({ close: async () => {} }), ['nothing is delivered after close']),
  spoiled(
    'forgets itself',
    (mail) => ({ nodes: async () => (await mail.nodes()).filter((node) => node !== mail.self) }),
    [
      'a node counts itself among the live ones',
      'two nodes know each other, and the last to claim a partition owns it',
    ],
  ),
  spoiled('owns what nobody claimed', (mail) => ({ ownerOf: async () => mail.self }), [
    'a partition has no owner before it is claimed, then the one that did',
  ]),
  spoiled(
    'lets the first claim stand',
    (mail, post) => ({
      claim: async (partition) => {
        if (!post.owners.has(partition)) await mail.claim(partition)
      },
    }),
    ['two nodes know each other, and the last to claim a partition owns it'],
  ),
  spoiled(
    'does not say from whom',
    receiving((inbox) => ({ receive: (_from, messages) => inbox.receive('somebody', messages) })),
    ['what a node sends itself arrives in the order sent, each once', TWO_NODES],
  ),
  spoiled(
    'never says that a node is absent',
    receiving(() => ({ absent() {} })),
    [CLOSED],
  ),
  spoiled(
    'counts those that have closed',
    (mail, post) => ({ nodes: async () => [...(await mail.nodes()), ...post.gone] }),
    [CLOSED, DIES],
  ),
  spoiled(
    'never says that a node is dead',
    receiving(() => ({ expired() {} })),
    [DIES],
  ),
  spoiled(
    'says of a death twice',
    receiving((inbox) => ({
      expired: (node) => {
        inbox.expired(node)
        inbox.expired(node)
      },
    })),
    [DIES],
  ),
  spoiled(
    'takes a death for a loss of all',
    receiving((inbox) => ({
      expired: (node) => {
        inbox.expired(node)
        inbox.emptied(false)
      },
    })),
    [DIES],
  ),
  spoiled(
    'keeps silent about its loss',
    receiving(() => ({ emptied() {} })),
    [EMPTIED],
  ),
  spoiled(
    'says of its loss twice',
    receiving((inbox) => ({
      emptied: () => {
        inbox.emptied(false)
        inbox.emptied(false)
      },
    })),
    [EMPTIED],
  ),
  spoiled(
    'calls all dead when it has lost all',
    receiving((inbox, mail, post) => ({
      emptied: () => {
        for (const node of post.inboxes.keys()) if (node !== mail.self) inbox.expired(node)
        inbox.emptied(false)
      },
    })),
    [EMPTIED],
  ),
  spoiled('is always well', () => ({ health: async () => ({ ok: true }) }), [AWAY]),
  spoiled('is never well', () => ({ health: async () => ({ ok: false, reason: 'no reason' }) }), [AWAY]),
  spoiled(
    'forgets what is sent while it is away',
    (mail, post) => ({
      send: (to, messages) => {
        if (!post.isAway || to === mail.self) mail.send(to, messages)
      },
    }),
    [AWAY],
  ),
  spoiled(
    'holds what is for itself while it is away',
    (mail, post) => ({
      send: (to, messages) => {
        if (!post.isAway || to !== mail.self) mail.send(to, messages)
      },
    }),
    [AWAY],
  ),
]

describeMailContract(
  'mail in memory',
  opener(() => ({})),
)
describeBroken('the contract of Mail', MAIL_CASES, BROKEN)
