import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HostWorld } from '../../lab/hosts/host-world.ts';
import { instanceId, peer, realHosts, runKill, runShell, startServer } from '../host/run-document.ts';
import { round, skip, tell } from './measured.ts';
import type { Measured } from './measured.ts';
import { median } from './percentile.ts';

const sizes = [1000, 5000, 15_000];
/** Thousands of connections take long to be dialled again: a turn that would begin later than this is left out. */
const mostTurns = 3;
const turnsForMs = 40_000;
const largest = Math.max(...sizes);
const settleMs = 1000;
/** DESIGN: the whole script against a raw loop that only lists and destroys. */
const mostRatio = 4;
/** So many of the cuts by one `ss -K` for each are made; the rest is reckoned, for all of 15,000 take minutes. */
const cutOneByOne = 100;

/** What is published most often, with `echo` for `kill`: it would end the process, and every golden connection with it. */
const pipelines: Readonly<Record<string, string>> = {
  netstat: `netstat -anp | grep ':8080 ' | grep ESTABLISHED | awk '{ print $7 }' | cut -d/ -f1 | sort -u | xargs -r -n 1 echo`,
  lsof: `lsof -nP -i :8080 | grep ESTABLISHED | awk '{ print $2 }' | sort -u | xargs -r -n 1 echo`,
};

/**
 * The whole kill document on real kernel sockets, one in ten of them golden, beside a loop of SOCK_DESTROY that neither
 * blocks nor reports, beside one `ss -K` for each connection, and beside the pipelines that are published most often.
 */
export async function measureHostCut(say: (line: string) => void): Promise<Measured[]> {
  if (!realHosts.possible) return [skip('host cut', realHosts.reason)];
  const directory = mkdtempSync(join(tmpdir(), 'connection-fuse-bench-'));
  try {
    const raw = join(directory, 'raw-socket-destroy');
    const source = join(import.meta.dirname, '..', 'host', 'raw-socket-destroy.c');
    try {
      execFileSync('cc', ['-O2', '-o', raw, source], { stdio: 'pipe' });
    } catch (error) {
      return [skip('host cut', `the reference needs a C compiler: ${(error as Error).message.split('\n')[0] ?? ''}`)];
    }
    const cuts: HostCut[] = [];
    for (const connections of sizes) {
      say(`host cut of ${connections} connections`);
      cuts.push(await cutHost(connections, raw));
    }
    return [...cuts.flatMap(toMeasured), tellGrowth(cuts)];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

interface HostCut {
  readonly turns: number;
  readonly connections: number;
  readonly ourMs: number;
  readonly rawMs: number;
  readonly ratio: number;
  readonly oneByOneMs: number;
  /** By the tool they begin with; those whose tool is not here are left out. */
  readonly pipelineMs: Readonly<Record<string, number>>;
  /** Connections of golden peers that broke, as the peers saw it. */
  readonly goldenLost: number;
  /** As the document counted them on the server. */
  readonly goldenLostByVerdict: number;
  readonly survivors: number;
}

async function cutHost(connections: number, raw: string): Promise<HostCut> {
  const world = await startServer([
    ...Array.from({ length: 10 }, (_, n) =>
      peer({ name: `stranger${n}`, address: `172.30.0.${n + 1}`, connections: (connections * 9) / 100 }),
    ),
    ...Array.from({ length: 5 }, (_, n) =>
      peer({ name: `golden${n}`, address: `10.20.0.${n + 1}`, connections: connections / 50, golden: true }),
    ),
  ]);
  try {
    const rounds: Round[] = [];
    const startedAt = performance.now();
    do rounds.push(await cutOnce(world, raw));
    while (rounds.length < mostTurns && performance.now() - startedAt < turnsForMs);
    await refill(world);
    return {
      connections,
      turns: rounds.length,
      ourMs: median(rounds.map(({ ourMs }) => ourMs)),
      rawMs: median(rounds.map(({ rawMs }) => rawMs)),
      // Of each round: what slows one of its two cuts slows the other.
      ratio: median(rounds.map(({ ourMs, rawMs }) => ourMs / rawMs)),
      pipelineMs: await timePipelines(world),
      oneByOneMs: await cutOneByOneFor(world, (connections * 9) / 10),
      goldenLost: rounds.reduce((sum, one) => sum + one.goldenLost, 0),
      goldenLostByVerdict: rounds.reduce((sum, one) => sum + one.goldenLostByVerdict, 0),
      survivors: rounds.reduce((sum, one) => sum + one.survivors, 0),
    };
  } finally {
    await world.stop();
  }
}

type Round = Pick<HostCut, 'ourMs' | 'rawMs' | 'goldenLost' | 'goldenLostByVerdict' | 'survivors'>;

async function cutOnce(world: HostWorld, raw: string): Promise<Round> {
  await refill(world);
  const loop = JSON.parse(await runShell(world, raw)) as { readonly totalMs: number };
  await refill(world);
  await world.watch(instanceId);
  const { verdict } = await runKill(world, { golden: 'in@10.20.0.0/16@8080' });
  const goldenLost = await world.goldenLost(instanceId);
  await runShell(world, 'nft flush ruleset');
  const { totalMs: ourMs, goldenLost: goldenLostByVerdict, survivors } = verdict;
  return { ourMs, rawMs: loop.totalMs, goldenLost, goldenLostByVerdict, survivors };
}

/** Brings every connection back; one call may not be enough for thousands. */
async function refill(world: HostWorld): Promise<void> {
  for (let tries = 0; tries < 50 && (await world.reconnect(instanceId)).length < 15; tries += 1);
  await sleep(settleMs);
}

/**
 * Milliseconds for one `ss -K` a connection, as it is often published. Each walks over all sockets that are left, so the
 * first ones take longest and the average is half of theirs.
 */
async function cutOneByOneFor(world: HostWorld, victims: number): Promise<number> {
  const count = Math.min(cutOneByOne, victims);
  const text = await runShell(
    world,
    `ss -tnH state established '( sport = :8080 ) and not dst 10.20.0.0/16' | awk '{ print $4 }' | head -n ${count} >/tmp/fuse-bench-$$
     began=$(date +%s%N)
     while read -r one; do ss -tnHK state established dst "$one" >/dev/null; done </tmp/fuse-bench-$$
     echo $(( ($(date +%s%N) - began) / 1000 ))
     rm -f /tmp/fuse-bench-$$`,
  );
  const eachMs = Number(text.trim()) / 1000 / count;
  return (eachMs * victims) / 2;
}

async function timePipelines(world: HostWorld): Promise<Record<string, number>> {
  const times: Record<string, number> = {};
  for (const [tool, pipeline] of Object.entries(pipelines)) {
    const text = await runShell(
      world,
      `type -P ${tool} >/dev/null || exit 0
       began=$(date +%s%N)
       ${pipeline} >/dev/null 2>&1
       echo $(( ($(date +%s%N) - began) / 1000 ))`,
    );
    if (text.trim() !== '') times[tool] = Number(text.trim()) / 1000;
  }
  return times;
}

function toMeasured(cut: HostCut): Measured[] {
  const {
    connections,
    turns,
    ourMs,
    rawMs,
    ratio,
    oneByOneMs,
    pipelineMs,
    goldenLost,
    goldenLostByVerdict,
    survivors,
  } = cut;
  const of = `${connections} connections`;
  const none = { unit: 'connections', reference: 0, ratio: null, budget: 'none' };
  return [
    {
      name: `host cut, ${of}`,
      value: round(ourMs, 0),
      unit: 'ms',
      reference: round(rawMs, 0),
      ratio: round(ratio, 2),
      // A few milliseconds of bash weigh much where there is little to cut.
      budget: connections === largest ? `at most ${mostRatio} times the raw loop` : null,
      ok: connections !== largest || ratio <= mostRatio,
      note: `${turns === 1 ? 'one turn' : `median of ${turns} turns`}; reference: a raw SOCK_DESTROY loop that neither blocks nor reports`,
    },
    tell(`host cut by one ss -K each, ${of}`, round(oneByOneMs, 0), 'ms', {
      reference: round(ourMs, 0),
      ratio: round(oneByOneMs / ourMs, 1),
      note: `reckoned from ${cutOneByOne} of them; reference: ours`,
    }),
    ...Object.entries(pipelineMs).map(([tool, milliseconds]) =>
      tell(`host cut by ${tool} and kill, ${of}`, round(milliseconds, 0), 'ms', {
        reference: round(ourMs, 0),
        ratio: round(milliseconds / ourMs, 2),
        note: 'with echo for kill, which ends the process and with it every golden connection; reference: ours',
      }),
    ),
    {
      name: `golden connections lost, ${of}`,
      value: goldenLost,
      ...none,
      ok: goldenLost + goldenLostByVerdict === 0,
      note: `as the peers saw it; the document counted ${goldenLostByVerdict}`,
    },
    { name: `survivors, ${of}`, value: survivors, ...none, ok: survivors === 0 },
  ];
}

/** From the smallest to the largest: the fixed part of the script makes it less than proportional. */
function tellGrowth(cuts: readonly HostCut[]): Measured {
  const [first, last] = [cuts[0], cuts.at(-1)];
  if (first === undefined || last === undefined) return skip('growth of the host cut', 'nothing was cut');
  const times = last.connections / first.connections;
  const ratio = last.ourMs / first.ourMs;
  return {
    name: `growth of the host cut, by connections, ${first.connections} to ${last.connections}`,
    value: last.ourMs,
    unit: 'ms',
    reference: first.ourMs,
    ratio: round(ratio, 1),
    budget: `at most ${times * 1.5} times for ${times} times as many`,
    ok: ratio <= times * 1.5,
  };
}
