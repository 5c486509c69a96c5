import { must, type Suite, same } from '../suite.ts'

/** kcat (librdkafka): metadata, produce with keys and headers, consume by offset and by time, offsets. */
export const kcat: Suite = {
  name: 'kcat',
  async prepare() {
    await must('kcat', ['-V'])
  },
  async run(target, report) {
    const topic = `kcat-${Date.now()}`
    const run = (args: string[], input?: string) =>
      must('kcat', ['-b', target.bootstrap, ...args], { input, timeoutMs: 60_000 })
    await report.check('kcat produces to a topic that does not exist yet', async () => {
      await run(['-P', '-t', topic, '-K', ':', '-H', 'a=b'], 'k1:v1\nk2:v2\nk3:v3\n')
    })
    for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'])
      await report.check(`kcat produces with ${codec}`, async () => {
        await run(['-P', '-t', topic, '-z', codec, '-X', 'enable.idempotence=true'], `${codec}\n`.repeat(50))
      })
    await report.check('kcat lists brokers, controller and the topic', async () => {
      const seen = JSON.parse(await run(['-L', '-J', '-t', topic])) as {
        brokers: { id: number }[]
        topics: { topic: string; partitions: { leader: number }[] }[]
      }
      same(target.brokerCount, seen.brokers.length, 'brokers')
      same(topic, seen.topics[0]?.topic, 'topic')
      same(
        true,
        seen.topics[0]?.partitions.every((p) => p.leader >= 0),
        'leaders',
      )
    })
    await report.check('kcat consumes every record with key, headers, offset and timestamp', async () => {
      const format = '%o %k %s %h %T\\n'
      const lines = (await run(['-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-f', format]))
        .trim()
        .split('\n')
      same(203, lines.length, 'records')
      const first = lines.find((line) => line.includes('k1')) as string
      same(true, /^\d+ k1 v1 a=b \d{13}$/.test(first), first)
    })
    await report.check('kcat consumes from an offset and by time', async () => {
      const all = (await run(['-C', '-t', topic, '-p', '0', '-o', '200', '-e', '-q', '-f', '%o\\n']))
        .trim()
        .split('\n')
      same(['200', '201', '202'], all)
      same('203', (await run(['-Q', '-t', `${topic}:0:-1`])).trim().split(/\s+/).at(-1), 'end offset')
      same('0', (await run(['-Q', '-t', `${topic}:0:1`])).trim().split(/\s+/).at(-1), 'offset at time 1')
    })
    await report.check('kcat consumes as a group', async () => {
      const read = await run([
        '-q',
        '-e',
        '-X',
        'auto.offset.reset=earliest',
        '-f',
        '%s\\n',
        '-G',
        `${topic}-group`,
        topic,
      ])
      same(203, read.trim().split('\n').length, 'records')
    })
  },
}
