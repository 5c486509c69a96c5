import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { must, type Report, run, type Suite, same, type Target } from '../suite.ts'

const HERE = join(import.meta.dirname, '..')
const CACHE = join(HERE, '../../node_modules/.cache/clients/java')
/** Colon or semicolon: how this platform separates class path entries. */
const separator = process.platform === 'win32' ? ';' : ':'
const classPath = (...parts: string[]): string => parts.join(separator)

async function fetchArtifact(artifact: string, version: string): Promise<string> {
  const directory = join(CACHE, `${artifact}-${version}`)
  if (!existsSync(directory))
    await must(
      'mvn',
      [
        '-q',
        '-B',
        '-f',
        join(HERE, 'java/pom.xml'),
        'dependency:copy-dependencies',
        `-Dartifact=${artifact}`,
        `-Dwanted=${version}`,
        `-DoutputDirectory=${directory}`,
      ],
      { timeoutMs: 600_000 },
    )
  return join(directory, '*')
}

/** Compiles one source file against a class path; gives the class path to run it with. */
async function compile(source: string, against: string, name: string): Promise<string> {
  const classes = join(CACHE, 'classes', name)
  mkdirSync(classes, { recursive: true })
  await must('javac', ['-nowarn', '-cp', against, '-d', classes, join(HERE, 'java', source)])
  return classPath(classes, against)
}

const java = (path: string, main: string, args: readonly string[], input?: string) =>
  run('java', ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', path, main, ...args], {
    input,
  })

const VERSIONS = ['0.9.0.1', '0.10.2.2', '0.11.0.3', '1.1.1', '2.8.2', '3.9.2', '4.4.0']
const RECORDS_EACH = 25
const codecsOf = (version: string): string[] =>
  version.startsWith('2.8') || /^[34]/.test(version)
    ? ['none', 'gzip', 'snappy', 'lz4', 'zstd']
    : ['none', 'gzip', 'snappy', 'lz4']

async function createTopic(target: Target, topic: string, partitions: number): Promise<void> {
  const tools = await fetchArtifact('kafka-tools', '4.3.1')
  const result = await java(tools, 'org.apache.kafka.tools.TopicCommand', [
    '--bootstrap-server',
    target.bootstrap,
    '--create',
    '--topic',
    topic,
    '--partitions',
    String(partitions),
    '--replication-factor',
    String(Math.min(target.brokerCount, 2)),
  ])
  same(0, result.code, `exit code of kafka-topics (${result.stderr})`)
}

/** Every age of the Java client writes; every age reads what all wrote. */
export const javaAges: Suite = {
  name: 'java-ages',
  async prepare() {
    for (const version of VERSIONS) await fetchArtifact('kafka-clients', version)
    await fetchArtifact('kafka_2.11', '0.8.2.2')
    await fetchArtifact('kafka-tools', '4.3.1')
  },
  async run(target: Target, report: Report) {
    const paths = new Map<string, string>()
    for (const version of VERSIONS)
      paths.set(
        version,
        await compile('RoundTrip.java', await fetchArtifact('kafka-clients', version), version),
      )
    const stamp = Date.now()
    for (const topic of [`ages-${stamp}`, `zstd-${stamp}`, `scala-${stamp}`])
      await createTopic(target, topic, 4)
    const written: string[] = []
    const writtenZstd: string[] = []
    for (const [version, path] of paths)
      for (const [topic, codecs, list] of [
        [`ages-${stamp}`, codecsOf(version).filter((c) => c !== 'zstd'), written],
        [`zstd-${stamp}`, codecsOf(version).filter((c) => c === 'zstd'), writtenZstd],
      ] as const) {
        if (codecs.length === 0) continue
        const args = ['produce', target.bootstrap, topic, version, codecs.join(','), String(RECORDS_EACH)]
        report.take(`RoundTrip ${version}`, await java(path, 'RoundTrip', args))
        for (const codec of codecs) list.push(`${version}/${codec}`)
      }
    for (const [version, path] of paths) {
      const args = [
        'consume',
        target.bootstrap,
        `ages-${stamp}`,
        version,
        written.join(','),
        String(RECORDS_EACH),
      ]
      report.take(`RoundTrip ${version}`, await java(path, 'RoundTrip', args))
      if (!codecsOf(version).includes('zstd')) continue
      args.splice(2, 1, `zstd-${stamp}`)
      args.splice(4, 1, writtenZstd.join(','))
      report.take(`RoundTrip ${version} zstd`, await java(path, 'RoundTrip', args))
    }
    const old = await compile('Old082.java', await fetchArtifact('kafka_2.11', '0.8.2.2'), '0.8.2.2')
    const [host, port] = (target.bootstrap.split(',')[0] as string).split(':') as [string, string]
    report.take('Old082', await java(old, 'Old082', [host, port, `scala-${stamp}`]))
  },
}

/** The newest Java client's admin, producer and consumer. */
export const javaModern: Suite = {
  name: 'java-modern',
  async prepare() {
    await fetchArtifact('kafka-clients', '4.4.0')
  },
  async run(target, report) {
    const path = await compile('Modern.java', await fetchArtifact('kafka-clients', '4.4.0'), 'modern')
    report.take('Modern', await java(path, 'Modern', [target.bootstrap, String(target.brokerCount)]))
  },
}

/** Kafka's own command line tools, unmodified. */
export const javaTools: Suite = {
  name: 'java-tools',
  async prepare() {
    await fetchArtifact('kafka-tools', '4.3.1')
    await fetchArtifact('kafka_2.13', '4.3.1')
  },
  async run(target, report) {
    const path = classPath(
      await fetchArtifact('kafka-tools', '4.3.1'),
      await fetchArtifact('kafka_2.13', '4.3.1'),
    )
    const topic = `tools-${Date.now()}`
    const replicas = Math.min(target.brokerCount, 2)
    const tool = async (main: string, args: readonly string[], input?: string): Promise<string> => {
      const result = await java(path, main, ['--bootstrap-server', target.bootstrap, ...args], input)
      if (result.code !== 0) throw new Error(`exit ${result.code}\n${result.stdout}\n${result.stderr}`)
      return result.stdout
    }
    const topics = (...args: string[]) => tool('org.apache.kafka.tools.TopicCommand', args)
    await report.check('kafka-topics creates, lists and describes', async () => {
      same(
        `Created topic ${topic}.`,
        (
          await topics(
            '--create',
            '--topic',
            topic,
            '--partitions',
            '4',
            '--replication-factor',
            String(replicas),
          )
        ).trim(),
      )
      same(true, (await topics('--list')).split('\n').includes(topic), 'listed')
      const lines = (await topics('--describe', '--topic', topic)).trim().split('\n')
      same(5, lines.length, 'lines')
      same(true, /PartitionCount: 4\tReplicationFactor: \d/.test(lines[0] as string), lines[0])
      same(
        true,
        /Partition: 0\tLeader: \d+\tReplicas: [\d,]+\tIsr: [\d,]+/.test(lines[1] as string),
        lines[1],
      )
    })
    await report.check('kafka-console-producer writes and kafka-console-consumer reads', async () => {
      await tool(
        'org.apache.kafka.tools.ConsoleProducer',
        ['--topic', topic, '--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:'],
        'a:1\nb:2\nc:3\n',
      )
      const read = await tool('org.apache.kafka.tools.consumer.ConsoleConsumer', [
        '--topic',
        topic,
        '--from-beginning',
        '--max-messages',
        '3',
        '--timeout-ms',
        '20000',
        '--group',
        topic,
        '--formatter-property',
        'print.key=true',
      ])
      same(['a\t1', 'b\t2', 'c\t3'], read.trim().split('\n').sort())
    })
    await report.check('kafka-get-offsets counts them', async () => {
      const lines = (await tool('org.apache.kafka.tools.GetOffsetShell', ['--topic', topic]))
        .trim()
        .split('\n')
      same(4, lines.length, 'lines')
      same(
        3,
        lines.reduce((sum, line) => sum + Number(line.split(':')[2]), 0),
        'records',
      )
    })
    await report.check('kafka-consumer-groups shows the group without lag', async () => {
      const group = (...args: string[]) =>
        tool('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', args)
      same(true, (await group('--list')).split('\n').includes(topic), 'listed')
      const rows = (await group('--describe', '--group', topic))
        .split('\n')
        .filter((line) => line.startsWith(topic))
      same(true, rows.length > 0, 'rows')
      for (const row of rows) same('0', row.split(/\s+/)[5], `lag in ${row}`)
      same(true, (await group('--delete', '--group', topic)).includes('successful'), 'deleted')
    })
    await report.check('kafka-configs sets and shows a topic setting', async () => {
      const configs = (...args: string[]) =>
        tool('kafka.admin.ConfigCommand', ['--entity-type', 'topics', '--entity-name', topic, ...args])
      await configs('--alter', '--add-config', 'retention.ms=12345')
      same(true, (await configs('--describe')).includes('retention.ms=12345'), 'shown')
    })
    await report.check('kafka-broker-api-versions reads every API', async () => {
      const text = await tool('org.apache.kafka.tools.BrokerApiVersionsCommand', [])
      same(true, /Produce\(0\): \d+ to 1[0-9]/.test(text), 'Produce in the list')
    })
    await report.check('kafka-topics adds partitions and deletes', async () => {
      await topics('--alter', '--topic', topic, '--partitions', '6')
      same(
        true,
        (await topics('--describe', '--topic', topic)).includes('PartitionCount: 6'),
        'six partitions',
      )
      await topics('--delete', '--topic', topic)
      same(false, (await topics('--list')).split('\n').includes(topic), 'still listed')
    })
  },
}
