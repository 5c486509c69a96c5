import { join } from 'node:path'
import { must, run, type Suite } from '../suite.ts'

const HERE = join(import.meta.dirname, '../go')
const BUILT = join(import.meta.dirname, '../../../node_modules/.cache/clients/go')
const PROGRAM = join(BUILT, process.platform === 'win32' ? 'franz.exe' : 'franz')

/** The Go client franz-go (kgo, kadm). */
export const franzGo: Suite = {
  name: 'franz-go',
  async prepare() {
    await must('go', ['build', '-o', PROGRAM, '.'], { cwd: HERE, timeoutMs: 600_000 })
  },
  async run(target, report) {
    const args = [target.bootstrap, String(target.brokerCount)]
    report.take('franz-go', await run(PROGRAM, args, { timeoutMs: 240_000 }))
  },
}
