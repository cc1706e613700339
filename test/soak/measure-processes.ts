import { readdirSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What the lab's process and those of the functions hold at one moment. Sizes are in MB. */
export interface Sample {
  readonly labMinute: number;
  /** Delivered so far, second deliveries included. */
  readonly events: number;
  readonly labHeap: number;
  readonly labRss: number;
  readonly labHandles: number;
  /** Of the functions' processes; null where /proc tells nothing. */
  readonly functions: {
    readonly processes: number;
    readonly meanRss: number;
    readonly meanHandles: number;
    readonly each: readonly ProcessSize[];
  } | null;
}

/** One process of a function. Two samples with the same `pid` are of the same process. */
export interface ProcessSize {
  readonly pid: number;
  readonly name: string;
  readonly rss: number;
  readonly handles: number;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Takes a sample after a collection, so that what is left is held by somebody. */
export function takeSample(labMinute: number, events: number): Sample {
  collectGarbage();
  const { heapUsed, rss } = process.memoryUsage();
  return {
    labMinute,
    events,
    labHeap: toMb(heapUsed),
    labRss: toMb(rss),
    labHandles: process.getActiveResourcesInfo().length,
    functions: readFunctions(),
  };
}

/** The children of this process are the functions' processes. */
function readFunctions(): Sample['functions'] {
  try {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isChild(name));
    const sizes = pids.flatMap((pid) => readSize(pid) ?? []);
    if (sizes.length === 0) return null;
    const mean = (values: number[]): number => round(values.reduce((sum, one) => sum + one, 0) / values.length);
    return {
      processes: sizes.length,
      meanRss: mean(sizes.map(({ rss }) => rss)),
      meanHandles: mean(sizes.map(({ handles }) => handles)),
      each: sizes,
    };
  } catch {
    return null;
  }
}

function isChild(pid: string): boolean {
  try {
    return /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] === String(process.pid);
  } catch {
    return false; // ended while we looked
  }
}

function readSize(pid: string): ProcessSize | undefined {
  try {
    const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
    // What is no function, as the compiler's helper, is not judged as one.
    const name = /(?:^|\0)AWS_LAMBDA_FUNCTION_NAME=([^\0]+)/.exec(environment)?.[1];
    if (name === undefined || !Number.isFinite(kilobytes)) return undefined;
    return { pid: Number(pid), name, rss: round(kilobytes / 1024), handles: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return undefined;
  }
}

function toMb(bytes: number): number {
  return round(bytes / 1024 / 1024);
}

function round(value: number): number {
  return Number(value.toFixed(1));
}
