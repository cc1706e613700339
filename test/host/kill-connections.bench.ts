// Measures the whole kill document against a raw SOCK_DESTROY loop on the same connections, in the same run:
// node test/host/kill-connections.bench.ts [connections] [rounds]. Needs a C compiler and a machine for real hosts.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { instanceId, peer, runKill, runShell, startServer } from './run-document.ts';

const connections = Number(process.argv[2] ?? 15_000);
const rounds = Number(process.argv[3] ?? 5);
const settleMs = 1000;

const directory = mkdtempSync(join(tmpdir(), 'connection-fuse-'));
const raw = join(directory, 'raw-socket-destroy');
execFileSync('cc', ['-O2', '-o', raw, join(import.meta.dirname, 'raw-socket-destroy.c')]);

const world = await startServer([
  ...Array.from({ length: 10 }, (_, n) =>
    peer({ name: `stranger${n}`, address: `172.30.0.${n + 1}`, connections: (connections * 9) / 100 }),
  ),
  ...Array.from({ length: 5 }, (_, n) =>
    peer({ name: `golden${n}`, address: `10.20.0.${n + 1}`, connections: connections / 50, golden: true }),
  ),
]);

/** Brings every connection back; one call may not be enough for thousands. */
async function refill(): Promise<void> {
  for (let tries = 0; tries < 50 && (await world.reconnect(instanceId)).length < 15; tries++);
  await sleep(settleMs);
}

const ratios: number[] = [];
for (let round = 0; round < rounds; round++) {
  await refill();
  const loop = JSON.parse(await runShell(world, raw)) as { readonly destroyed: number; readonly totalMs: number };
  await refill();
  await world.watch(instanceId);
  const { verdict } = await runKill(world, { golden: 'in@10.20.0.0/16@8080' });
  const { blockMs, killMs, totalMs } = verdict;
  const goldenLost = await world.goldenLost(instanceId);
  const ratio = totalMs / loop.totalMs;
  ratios.push(ratio);
  console.log(
    JSON.stringify({
      round,
      loop,
      cut: verdict.cut,
      survivors: verdict.survivors,
      goldenLost,
      blockMs,
      killMs,
      totalMs,
      ratio,
    }),
  );
  await runShell(world, 'nft flush ruleset');
}
console.log(JSON.stringify({ connections, medianRatio: ratios.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] }));
await world.stop();
rmSync(directory, { recursive: true });
