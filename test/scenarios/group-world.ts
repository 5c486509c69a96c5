import type { JoinResult, SyncResult } from '../../src/coordinator/group/types.ts'
import type { ErrorName } from '../../src/protocol/errors.ts'
import { GroupFixture } from '../coordinator/group/fixture.ts'

/** A client of a scenario: what it remembers between its requests. */
interface Client {
  memberId: string
  generationId: number
  instance: string | null
}

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

const durationMs = (text: string): number => {
  const [, value, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(text) ?? []
  if (value === undefined || unit === undefined) throw new Error(`not a duration: ${text}`)
  return Number(value) * UNITS[unit]!
}

/**
 * Plays the commands of a text scenario against a group coordinator and says what happened, one line each:
 * answers as they come, whoever waits. Members are called by the names of their clients, `A#2` is the second
 * id that A was given.
 */
export class GroupWorld {
  readonly #fixture = new GroupFixture()
  readonly #clients = new Map<string, Client>()
  readonly #names = new Map<string, string>()
  #lines: string[] = []

  /** What happened. */
  async run(command: string): Promise<string[]> {
    this.#lines = []
    const [verb = '', ...words] = command.split(/\s+/)
    const options = new Map<string, string>()
    const names: string[] = []
    for (const word of words) {
      const at = word.indexOf('=')
      if (at < 0) names.push(word)
      else options.set(word.slice(0, at), word.slice(at + 1))
    }
    await this.#do(verb, names, options)
    await settled()
    return this.#lines
  }

  async #do(verb: string, names: string[], options: Map<string, string>): Promise<void> {
    const { groups, clock, log } = this.#fixture
    const groupId = options.get('group') ?? 'g'
    switch (verb) {
      case 'join':
        return this.#join(names[0]!, groupId, options)
      case 'sync':
        return this.#sync(names[0]!, groupId, options)
      case 'heartbeat':
        return this.#heartbeat(names[0]!, groupId, options)
      case 'leave':
        return this.#leave(names, groupId, options)
      case 'commit':
        return this.#commit(names[0], groupId, options)
      case 'fetch': {
        const offsets = this.#fixture.committed(groupId)
        return this.#say(`offsets: ${offsets.join(' ') || 'none'}`)
      }
      case 'describe':
        return this.#describe(groupId)
      case 'list': {
        const listed = groups.listGroups({ states: names, types: [] })
        return this.#say(
          `groups: ${listed.map((each) => `${each.groupId} ${each.state}`).join(', ') || 'none'}`,
        )
      }
      case 'delete': {
        const [result] = await groups.deleteGroups([groupId])
        return this.#say(`delete: ${result!.error}`)
      }
      case 'wait':
        await clock.advance(durationMs(names[0]!))
        return
      case 'restart':
        return this.#fixture.restart()
      case 'log':
        if (names[0] === 'fails') log.failure = names[1] as ErrorName
        else if (names[0] === 'works') log.failure = null
        else if (names[0] === 'holds') log.hold()
        else log.release()
        return
      case 'set':
        for (const [name, value] of options)
          this.#fixture.settings = {
            ...this.#fixture.settings,
            [name]: name.endsWith('Ms') ? durationMs(value) : Number(value),
          }
        return
      default:
        throw new Error(`no such command: ${verb}`)
    }
  }

  #join(name: string, groupId: string, options: Map<string, string>): void {
    const client = this.#client(name)
    if (options.has('instance')) client.instance = options.get('instance')!
    const version = Number(options.get('v') ?? 9)
    const asked = options.get('id')
    const protocols = (options.get('protocols') ?? 'range').split(',').filter(Boolean)
    this.#answer(
      `${name} join`,
      this.#fixture.join({
        groupId,
        memberId: asked === undefined ? client.memberId : asked === 'new' ? '' : this.#idOf(asked),
        groupInstanceId: client.instance,
        clientId: name,
        sessionTimeoutMs: durationMs(options.get('session') ?? '10s'),
        rebalanceTimeoutMs: durationMs(options.get('rebalance') ?? '60s'),
        protocolType: options.get('type') ?? 'consumer',
        protocols: protocols.map((each) => {
          const [protocol = '', metadata = ''] = each.split(':')
          return { name: protocol, metadata: Buffer.from(metadata) }
        }),
        requiresMemberId: version >= 4,
        canSkipAssignment: version >= 9,
      }),
      (result) => {
        if (result.memberId !== '') this.#learn(name, client, result.memberId)
        if (result.error === 'NONE') client.generationId = result.generationId
        return this.#joinText(result)
      },
    )
  }

  #joinText(result: JoinResult): string {
    const id = result.memberId === '' ? '' : ` as ${this.#name(result.memberId)}`
    if (result.error !== 'NONE') return `${result.error}${id}`
    const members = result.members.map(({ memberId, metadata }) =>
      metadata.length > 0 ? `${this.#name(memberId)}:${metadata}` : this.#name(memberId),
    )
    const list = members.length > 0 ? `, members ${members.join(' ')}` : ''
    const skip = result.skipAssignment ? ', skips the assignment' : ''
    const leader = this.#name(result.leader)
    return `generation ${result.generationId}${id}, ${result.protocolName}, leader ${leader}${list}${skip}`
  }

  #sync(name: string, groupId: string, options: Map<string, string>): void {
    const client = this.#client(name)
    const reserved = new Set(['group', 'generation', 'protocol'])
    const assignments = [...options]
      .filter(([key]) => !reserved.has(key))
      .map(([key, value]) => ({ memberId: this.#idOf(key), assignment: Buffer.from(value) }))
    this.#answer<SyncResult>(
      `${name} sync`,
      this.#fixture.sync({
        groupId,
        generationId: Number(options.get('generation') ?? client.generationId),
        memberId: client.memberId,
        groupInstanceId: client.instance,
        protocolName: options.get('protocol') ?? null,
        assignments,
      }),
      ({ error, assignment }) =>
        error === 'NONE' ? `assigned ${assignment.toString() || 'nothing'}` : error,
    )
  }

  #heartbeat(name: string, groupId: string, options: Map<string, string>): void {
    const client = this.#client(name)
    const error = this.#fixture.groups.heartbeat({
      groupId,
      generationId: Number(options.get('generation') ?? client.generationId),
      memberId: client.memberId,
      groupInstanceId: client.instance,
    })
    this.#say(`${name} heartbeat: ${error}`)
  }

  #leave(names: readonly string[], groupId: string, options: Map<string, string>): void {
    const members = names.map((name) => {
      const { memberId, instance } = this.#client(name)
      return { memberId, groupInstanceId: instance, reason: null }
    })
    const instance = options.get('instance')
    if (instance !== undefined) members.push({ memberId: '', groupInstanceId: instance, reason: null })
    this.#answer('leave', this.#fixture.groups.leaveGroup(groupId, members), (result) =>
      result.error === 'NONE'
        ? result.members
            .map(
              ({ memberId, groupInstanceId, error }) => `${this.#name(memberId) || groupInstanceId} ${error}`,
            )
            .join(', ')
        : result.error,
    )
  }

  #commit(name: string | undefined, groupId: string, options: Map<string, string>): void {
    const client = name === undefined ? undefined : this.#client(name)
    const reserved = new Set(['group', 'generation'])
    const offsets = Object.fromEntries(
      [...options].filter(([key]) => !reserved.has(key)).map(([key, value]) => [key, Number(value)]),
    )
    const committed = this.#fixture.commit(offsets, {
      groupId,
      memberId: client?.memberId ?? '',
      generationId: Number(options.get('generation') ?? client?.generationId ?? -1),
      groupInstanceId: client?.instance ?? null,
    })
    this.#answer(`${name ?? 'somebody'} commit`, committed, (errors) => errors.join(' '))
  }

  #describe(groupId: string): void {
    const [group] = this.#fixture.groups.describeGroups([groupId])
    const protocol = group!.protocol === '' ? '' : `, ${group!.protocol}`
    this.#say(`${groupId}: ${group!.state}${protocol}`)
    for (const { memberId, groupInstanceId, assignment } of group!.members) {
      const instance = groupInstanceId === null ? '' : ` (${groupInstanceId})`
      this.#say(`  ${this.#name(memberId)}${instance} has ${assignment.toString() || 'nothing'}`)
    }
  }

  #answer<R>(what: string, answer: R | Promise<R>, text: (result: R) => string): void {
    if (answer instanceof Promise) {
      this.#say(`${what}: waits`)
      answer.then(
        (result) => this.#say(`${what}: ${text(result)}`),
        (error) => this.#say(`${what}: ${(error as { code: string }).code}`),
      )
    } else this.#say(`${what}: ${text(answer)}`)
  }

  #client(name: string): Client {
    let client = this.#clients.get(name)
    if (client === undefined) {
      client = { memberId: '', generationId: -1, instance: null }
      this.#clients.set(name, client)
    }
    return client
  }

  #learn(name: string, client: Client, memberId: string): void {
    client.memberId = memberId
    if (this.#names.has(memberId)) return
    const known = [...this.#names.values()].filter((each) => each.split('#')[0] === name).length
    this.#names.set(memberId, known === 0 ? name : `${name}#${known + 1}`)
  }

  /** An id that its client has not been told yet begins with the client's name, or with its instance. */
  #name(memberId: string): string {
    const known = this.#names.get(memberId)
    if (known !== undefined) return known
    const prefix = /^(.*)-[0-9a-f]{8}-[-0-9a-f]{27}$/.exec(memberId)?.[1]
    for (const [name, client] of [...this.#clients].reverse()) {
      if (prefix !== (client.instance ?? name)) continue
      this.#learn(name, client, memberId)
      return this.#name(memberId)
    }
    return memberId
  }

  #idOf(name: string): string {
    for (const [id, known] of this.#names) if (known === name) return id
    return this.#clients.get(name)?.memberId || name
  }

  #say(line: string): void {
    this.#lines.push(line)
  }
}

/** Lets what was answered reach whoever waited. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
