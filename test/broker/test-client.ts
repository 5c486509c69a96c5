import { decodeResponseFrame, encodeRequestFrame } from '../../src/protocol/header.ts'
import type { Api, RequestInput, ResponseOutput } from '../../src/protocol/schema/api.ts'
import { RawConnection } from './raw-connection.ts'

/** A client on one connection that says and hears exactly what it is told. */
export class TestClient {
  readonly connection: RawConnection
  #lastCorrelationId = 0

  private constructor(connection: RawConnection) {
    this.connection = connection
  }

  static async connect(port: number, host = '127.0.0.1'): Promise<TestClient> {
    return new TestClient(await RawConnection.open(port, host))
  }

  /** Sends one request. Gives its correlation id. */
  send<A extends Api>(api: A, version: number, request: RequestInput<A>): number {
    const correlationId = ++this.#lastCorrelationId
    this.connection.send(encodeRequestFrame(api, version, { correlationId, clientId: 'test' }, request))
    return correlationId
  }

  /** The next answer, which is to that request. */
  async receive<A extends Api>(api: A, version: number, to: number): Promise<ResponseOutput<A>> {
    const answer = decodeResponseFrame(api, version, await this.connection.nextFrame())
    if (answer.correlationId !== to) throw new Error(`answer to ${answer.correlationId} came for ${to}`)
    return answer.response
  }

  async ask<A extends Api>(api: A, version: number, request: RequestInput<A>): Promise<ResponseOutput<A>> {
    return this.receive(api, version, this.send(api, version, request))
  }

  close(): void {
    this.connection.close()
  }
}
