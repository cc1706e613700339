// A clock for a function's process that skips sleeps: backoffs and polls take no real time, and what reads the clock
// afterwards sees it gone. Time is skipped only while no request is under way, and only to the end of a sleep; longer
// timers are guards (deadlines, request time-outs), which come due on the same clock and never pull it forward.
// Loaded before the function's code. Plain JavaScript for the reason given in bootstrap.mjs.
import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';

/** The longest wait that counts as a sleep: the product's own are at most 2 s. */
const longestSleepMs = 3000;

const RealDate = globalThis.Date;
const setRealTimeout = globalThis.setTimeout;
const clearRealTimeout = globalThis.clearTimeout;
const timers = new Set();
let skippedMs = 0;
let requestsUnderWay = 0;
let deadlineAtMs = Infinity;
let onDeadline = () => undefined;

/** How much time was skipped so far; the runtime hands it from process to process, so that all read one time. */
export function readSkippedMs() {
  return skippedMs;
}

/** Begins a request of the function; `tellDeadline` is called instead of skipping past its time-out. */
export function beginRequest(message, tellDeadline) {
  skipTo(now() + Math.max(0, message.skippedMs - skippedMs));
  deadlineAtMs = message.deadlineAtMs;
  onDeadline = tellDeadline;
}

function now() {
  return RealDate.now() + skippedMs;
}

class SkippingDate extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(now());
    else super(...parts);
  }

  static now() {
    return now();
  }
}

class SkippingTimer {
  #run;
  #handle;

  constructor(run, delayMs) {
    this.delayMs = Math.max(1, Number(delayMs) || 1);
    this.dueAtMs = now() + this.delayMs;
    this.#run = run;
    timers.add(this);
    this.arm();
  }

  arm() {
    clearRealTimeout(this.#handle);
    this.#handle = setRealTimeout(() => this.fire(), Math.max(0, this.dueAtMs - now()));
  }

  fire() {
    this.close();
    this.#run();
  }

  close() {
    timers.delete(this);
    clearRealTimeout(this.#handle);
  }

  refresh() {
    this.dueAtMs = now() + this.delayMs;
    timers.add(this);
    this.arm();
    return this;
  }

  ref() {
    return this;
  }

  unref() {
    this.#handle.unref();
    return this;
  }

  hasRef() {
    return this.#handle.hasRef();
  }
}

function setSkippingTimeout(run, delayMs, ...args) {
  const timer = new SkippingTimer(() => run(...args), delayMs);
  settle();
  return timer;
}

function clearSkippingTimeout(timer) {
  if (timer instanceof SkippingTimer) timer.close();
  else clearRealTimeout(timer);
}

/** Looks for something to skip once every promise chain has come to rest. */
function settle() {
  setImmediate(() => setImmediate(skipSleep));
}

function skipSleep() {
  if (requestsUnderWay > 0) return;
  const ends = [...timers].filter(({ delayMs }) => delayMs <= longestSleepMs).map(({ dueAtMs }) => dueAtMs);
  if (ends.length === 0) return;
  const end = Math.min(...ends);
  // Lambda would end the function in the middle of this sleep: nothing after it may run.
  if (end > deadlineAtMs) onDeadline();
  else skipTo(end);
}

/** Moves the clock and fires what came due on the way, in order. */
function skipTo(atMs) {
  skippedMs += Math.max(0, atMs - now());
  const due = [...timers].filter(({ dueAtMs }) => dueAtMs <= now()).sort((left, right) => left.dueAtMs - right.dueAtMs);
  for (const timer of timers) timer.arm();
  for (const timer of due) if (timers.has(timer)) timer.fire();
  if (due.length > 0) settle();
}

const request = http.request;
http.request = (...args) => {
  const made = request(...args);
  // The same as `skippedHeader` of services/lab-time.ts.
  made.setHeader('x-lab-skipped-ms', String(Math.round(skippedMs)));
  requestsUnderWay += 1;
  made.once('close', () => {
    requestsUnderWay -= 1;
    settle();
  });
  return made;
};
timersPromises.setTimeout = async (delayMs, value) =>
  await new Promise((resolve) => setSkippingTimeout(() => resolve(value), delayMs));
globalThis.Date = SkippingDate;
globalThis.setTimeout = setSkippingTimeout;
globalThis.clearTimeout = clearSkippingTimeout;
syncBuiltinESMExports();
