// npm run fuzz [-- --minutes 2] [-- --only <target>] [-- --json] [-- --seed N]: draws spoiled inputs for everything that reads
// what others wrote, each target in a process with little memory and under a watch. Exit status 0: every target had its
// time, each input a clear outcome, and nothing was held. 1: findings, which are written as cases to test/fuzz/cases; memory
// that was held, which no single input shows; options that are none; or a target that did not start.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { sha256Hex } from '../../lambdas/shared/canonical-json.ts';
import type { Case, Recipe } from './draw.ts';
import { targets } from './targets.ts';
import type { Memory, Told } from './told.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    only: { type: 'string' },
    seed: { type: 'string' },
    json: { type: 'boolean' },
  },
});

/** A seventh of what a function has. */
const mostMemoryMb = 256;
/** No input takes a thousandth of it on an idle machine. */
const hangMs = 30_000;

/** What a target may still hold after its time, beyond what its code takes: a reader that keeps what it read grows for ever. */
const mostKeptMb = 32;

interface TargetRun {
  readonly target: string;
  readonly inputs: number;
  readonly memory: Memory | null;
  readonly findings: readonly Case[];
}

/** Runs one target until its time is over, it hangs, or it dies of its memory; each of these is a finding. */
async function runTarget(target: string, forMs: number, seed: number): Promise<TargetRun> {
  // A process and no thread: a thread that fills its heap by one large piece ends the whole process, and what it did is lost.
  const worker = spawn(
    process.execPath,
    [
      `--max-old-space-size=${mostMemoryMb}`,
      '--expose-gc',
      join(import.meta.dirname, 'fuzz-worker.ts'),
      target,
      String(forMs),
      String(seed),
    ],
    { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] },
  );
  let last: Recipe | undefined;
  let done: (Memory & { inputs: number }) | undefined;
  let told = 0;
  let hangs = false;
  const findings: Case[] = [];
  const onHang = (): void => {
    hangs = true;
    worker.kill('SIGKILL');
  };
  let watch = setTimeout(onHang, hangMs);
  const closed = once(worker, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  for await (const line of createInterface({ input: worker.stdio[3] as Readable })) {
    clearTimeout(watch);
    watch = setTimeout(onHang, hangMs);
    const news = JSON.parse(line) as Told;
    if (news.kind === 'done') done = news;
    else last = news.recipe;
    if (news.kind === 'about') told += 1;
    if (news.kind === 'fault') findings.push({ target, found: news.fault, ...news.recipe });
  }
  const [status, signal] = await closed;
  clearTimeout(watch);
  if (done === undefined) {
    if (last === undefined) throw new Error(`"${target}" was not fuzzed: its process ended with ${signal ?? status}`);
    findings.push({
      target,
      found: hangs ? `Hangs: no answer within ${hangMs / 1000} s` : nameDeath(status, signal),
      ...last,
    });
  }
  return { target, inputs: done?.inputs ?? told, memory: done ?? null, findings };
}

/** A process that reaches the end of its heap aborts itself. */
function nameDeath(status: number | null, signal: NodeJS.Signals | null): string {
  if (signal === 'SIGABRT' || status === 134) return `Takes more than ${mostMemoryMb} MB`;
  return `Ends the process with ${signal ?? status}`;
}

function keep(finding: Case): string {
  const name = `${finding.target.replaceAll(' ', '-')}-${sha256Hex(JSON.stringify(finding)).slice(0, 10)}.json`;
  writeFileSync(join(import.meta.dirname, 'cases', name), `${JSON.stringify(finding, null, 2)}\n`);
  return name;
}

const { only } = values;
if (only !== undefined && !Object.hasOwn(targets, only)) {
  console.error(`No target is called "${only}": wanted ${Object.keys(targets).join(', ')}`);
  process.exit(1);
}
const names = Object.keys(targets).filter((name) => only === undefined || name === only);
const forMs = (Number(values.minutes) * 60_000) / names.length;
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
for (const name of names) {
  const { inputs, memory, findings } = await runTarget(name, forMs, seed);
  const kept = findings.map(keep);
  const faults = findings.map(({ found }, index) => `${kept[index]}: ${found}`);
  if (memory !== null && memory.endMb - memory.startMb > mostKeptMb) {
    faults.push(`Holds ${memory.endMb} MB after ${inputs} inputs, ${memory.startMb} MB before them`);
  }
  const ok = faults.length === 0;
  const held = memory === null ? '' : `, ${memory.startMb} to ${memory.endMb} MB held, ${memory.mostMb} MB at most`;
  console.log(
    values.json === true
      ? JSON.stringify({ target: name, inputs, seed, ok, memory, findings: faults })
      : `${ok ? 'ok    ' : 'FAILED'} ${name}: ${inputs} inputs${held}`,
  );
  for (const fault of faults) console.error(`       ${fault}`);
  if (!ok) process.exitCode = 1;
}
