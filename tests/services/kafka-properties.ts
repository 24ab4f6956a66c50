/** Where a node is and who the others are. */
export interface KafkaNodePlace {
  id: number
  brokerPort: number
  controllerPort: number
}

/**
 * The file of one node that is broker and controller: every topic on all nodes, and with three a write needs two.
 * Its session times are short (Kafka's own: 9 s and 2 s), or a restart after SIGKILL would take ten seconds.
 */
export function kafkaProperties(
  node: KafkaNodePlace,
  nodes: readonly KafkaNodePlace[],
  dataFolder: string,
  more: Record<string, string>,
): string {
  const factor = String(nodes.length)
  const minIsr = nodes.length < 3 ? '1' : '2'
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': String(node.id),
    'controller.quorum.voters': nodes.map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`).join(','),
    listeners: `PLAINTEXT://127.0.0.1:${node.brokerPort},CONTROLLER://127.0.0.1:${node.controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${node.brokerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': dataFolder,
    'auto.create.topics.enable': 'false',
    'default.replication.factor': factor,
    'min.insync.replicas': minIsr,
    'offsets.topic.replication.factor': factor,
    'offsets.topic.num.partitions': '3',
    'transaction.state.log.replication.factor': factor,
    'transaction.state.log.min.isr': minIsr,
    'group.initial.rebalance.delay.ms': '0',
    'broker.session.timeout.ms': '2000',
    'broker.heartbeat.interval.ms': '300',
    ...more,
  }
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}
