/**
 * The ceiling: a bare Node TCP server that counts the bytes of each frame and answers with a canned one. It checks nothing and
 * keeps nothing. Its parent sends { apiKey: base64 of a response frame } over IPC, and gets { port } back.
 */
import { createServer } from 'node:net'

process.once('message', (canned) => {
  const answers = new Map(
    Object.entries(canned).map(([key, text]) => [Number(key), Buffer.from(text, 'base64')]),
  )
  const server = createServer({ noDelay: true }, (socket) => {
    const head = Buffer.alloc(12)
    let have = 0
    let left = 0
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      let at = 0
      while (at < chunk.length) {
        if (have < 12) {
          const take = Math.min(12 - have, chunk.length - at)
          chunk.copy(head, have, at, at + take)
          have += take
          at += take
          if (have === 12) left = head.readInt32BE(0) - 8
        } else {
          const take = Math.min(left, chunk.length - at)
          left -= take
          at += take
        }
        if (have === 12 && left === 0) {
          have = 0
          const body = answers.get(head.readInt16BE(4))
          if (body === undefined) return socket.destroy()
          const start = Buffer.alloc(8)
          start.writeInt32BE(body.length - 4, 0)
          head.copy(start, 4, 8, 12)
          socket.cork()
          socket.write(start)
          socket.write(body.subarray(8))
          socket.uncork()
        }
      }
    })
  })
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
})
process.on('disconnect', () => process.exit(0))
