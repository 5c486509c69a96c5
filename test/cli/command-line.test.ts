import { describe, expect, it } from 'vitest'
import { run } from './test-terminal.ts'

describe('the command line', () => {
  it('lists every verb in its help, on stdout', async () => {
    const { exitCode, stdout, stderr } = await run(['--help'])
    expect(exitCode).toBe(0)
    expect(stderr).toBe('')
    for (const verb of ['up', 'topic', 'produce', 'consume', 'broker-list'])
      expect(stdout).toMatch(new RegExp(`^  ${verb}\\b`, 'm'))
  })

  it.each([
    [['up', '--help'], '--brokers'],
    [['help', 'up'], '--brokers'],
    [['topic', 'create', '--help'], '--partitions'],
    [['produce', '--help'], '--key-separator'],
    [['consume', '--help'], '--from-beginning'],
    [['broker-list', '--help'], '--bootstrap'],
  ])('explains %j', async (argv, option) => {
    const { exitCode, stdout } = await run(argv)
    expect(exitCode).toBe(0)
    expect(stdout).toContain(option)
  })

  it('says its version', async () => {
    expect((await run(['--version'])).stdout).toMatch(/^\S.*\n$/)
  })

  it.each([
    [['topc'], /unknown command 'topc'\n\(Did you mean topic\?\)/],
    [[], /Usage: odradek/],
    [['topic'], /Usage: odradek topic/],
    [['up', '--brokerz', '2'], /unknown option '--brokerz'\n\(Did you mean --brokers\?\)/],
    [['up', '--brokers', 'two'], /--brokers takes a whole number from 1 to 100; not "two"/],
    [['up', '--brokers', '0'], /--brokers takes a whole number from 1 to 100; not "0"/],
    [['up', '--port', '70000'], /--port takes a whole number from 0 to 65535; not "70000"/],
    [['up', '--port', '1', '--ports', '1,2'], /--port and --ports say the same thing/],
    [['up', '--port', '0', '--brokers', '2', '--ids', '1'], /ids: 1 given for 2 broker/],
    [['up', '--port', '0', '--config', 'nonsense'], /--config takes key=value; not "nonsense"/],
    [['up', '--port', '0', '--config', 'no.such=1'], /Kafka has no broker setting 'no.such'/],
    [['up', '--port', '0', '--topic', 'a:0'], /at least/],
    [['up', '--memory', '--data', 'd', '--port', '0'], /memory storage has no data directory/],
    [['topic', 'create'], /missing required argument 'topics'/],
    [['topic', 'list', '-o', 'xml'], /--output takes table, json, jsonl, yaml; not "xml"/],
    [['topic', 'list', '-b', 'a b'], /"a b" is not a broker's address; expected host:port/],
    [['produce', 't', '-z', 'rar'], /--compression takes none, gzip, snappy, lz4, zstd; not "rar"/],
    [['produce', 't', '-a', 'two'], /--acks takes all, 1 or 0; not "two"/],
    [['consume', 't', '--from', 'yesterday'], /--from takes start, end, an offset, -N or @MS/],
    [['consume', 't', '-f', '%x'], /%x means nothing\n {2}It knows %t %p/],
  ])('refuses %j with exit code 2 and a message that names it', async (argv, message) => {
    const { exitCode, stdout, stderr } = await run(argv)
    expect(stderr).toMatch(message)
    expect(exitCode).toBe(2)
    expect(stdout).toBe('')
  })

  it('says what to do when nothing listens at the address', async () => {
    const { exitCode, stdout, stderr } = await run(['topic', 'list', '--bootstrap', '127.0.0.1:1'])
    expect([exitCode, stdout]).toEqual([1, ''])
    expect(stderr).toBe(
      'odradek: no connection to 127.0.0.1:1: nothing listens there\n' +
        '  Start a broker with "odradek up", or name one: --bootstrap host:port\n',
    )
  })

  it.each(['BROKERS', 'KAFKA_BROKERS', 'BOOTSTRAP_SERVERS'])('takes the address from $%s', async (name) => {
    const { stderr } = await run(['broker-list'], { variables: { [name]: '127.0.0.1:2' } })
    expect(stderr).toContain('no connection to 127.0.0.1:2')
  })

  it('prefers --bootstrap to the environment', async () => {
    const { stderr } = await run(['broker-list', '-b', '127.0.0.1:3'], {
      variables: { BROKERS: '127.0.0.1:2' },
    })
    expect(stderr).toContain('127.0.0.1:3')
  })
})
