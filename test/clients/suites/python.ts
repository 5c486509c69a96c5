import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { must, run, type Suite } from '../suite.ts'

const HERE = join(import.meta.dirname, '../python')
const VENV = join(import.meta.dirname, '../../../node_modules/.cache/clients/python')
const PYTHON = process.platform === 'win32' ? join(VENV, 'Scripts/python.exe') : join(VENV, 'bin/python')

const suite = (name: string, program: string): Suite => ({
  name,
  async prepare() {
    if (!existsSync(PYTHON)) await must('python3', ['-m', 'venv', VENV])
    const wanted = ['-m', 'pip', 'install', '--quiet', '-r', join(HERE, 'requirements.txt')]
    await must(PYTHON, wanted, { timeoutMs: 600_000 })
  },
  async run(target, report) {
    const args = [join(HERE, program), target.bootstrap, String(target.brokerCount)]
    report.take(program, await run(PYTHON, args, { timeoutMs: 240_000 }))
  },
})

export const librdkafka = suite('librdkafka', 'confluent.py')
export const kafkaPython = suite('kafka-python', 'kafka_python.py')
