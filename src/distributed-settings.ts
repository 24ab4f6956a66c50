/** The settings of the distributed tier: what each node says to Kafka, Redis and Postgres, and what it is called. */

import { choice, hostPort, integer, list, nodeName, pemFile, type Setting, text, yesNo } from './setting-kinds'

/** A part of the table in `config.ts`. */
export const DISTRIBUTED_SETTINGS = {
  replication: {
    kind: integer(1, 9),
    default: 3,
    meaning: 'On how many brokers the topics that zlt makes are kept; a write waits for 2 of them, when there are 3.',
  },
  kafkaTls: { kind: yesNo, default: false, meaning: 'Whether to speak TLS to the brokers.' },
  kafkaCa: {
    kind: pemFile,
    meaning: 'The authority (PEM) that signed the brokers’ certificates; without it, those the system trusts.',
  },
  kafkaCert: {
    kind: pemFile,
    meaning: 'Our certificate (PEM) for brokers that ask for one; goes with kafkaKey.',
  },
  kafkaKey: { kind: pemFile, meaning: 'The private key (PEM) of kafkaCert.' },
  kafkaSaslMechanism: {
    kind: choice('plain', 'scram-sha-256', 'scram-sha-512'),
    meaning: 'How to log in to the brokers; without it, not at all. Goes with kafkaUsername and kafkaPassword.',
  },
  kafkaUsername: { kind: text(), meaning: 'The user of the brokers.' },
  kafkaPassword: { kind: text(), secret: true, meaning: 'The password of kafkaUsername.' },
  redisCa: {
    kind: pemFile,
    meaning:
      'The authority (PEM) that signed the certificate of a rediss:// server; without it, those the system trusts.',
  },
  redisUsername: { kind: text(), meaning: 'The user of Redis (ACL), unless it is in the URL.' },
  redisPassword: { kind: text(), secret: true, meaning: 'The password of Redis, unless it is in the URL.' },
  redisSentinels: {
    kind: list(hostPort),
    default: [],
    meaning: 'Sentinels that know the master: host and port in the URL are then not used, the rest of it is.',
  },
  redisSentinelName: { kind: text('a name', 'name'), meaning: 'What the sentinels call the master.' },
  redisSentinelPassword: { kind: text(), secret: true, meaning: 'The password of the sentinels themselves.' },
  redisCluster: {
    kind: yesNo,
    default: false,
    meaning: 'Whether the URL is a node of a Redis Cluster, which tells the others.',
  },
  databaseCa: {
    kind: pemFile,
    meaning: 'The authority (PEM) that signed the certificate of Postgres; with it, TLS is required and checked.',
  },
  nodeName: {
    kind: nodeName,
    meaning: 'What this node is called among all; without it, a name that is kept in the data folder.',
  },
} as const satisfies Record<
  string,
  Setting<never> | Setting<string> | Setting<number> | Setting<boolean> | Setting<readonly string[]>
>
