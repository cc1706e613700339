import colors from 'picocolors';
import type { Cut } from '../lambdas/shared/contracts/incident.ts';

/** A mistake of the user: one message and the next step, exit status 1. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly nextStep: string;

  constructor(message: string, nextStep: string) {
    super(message);
    this.nextStep = nextStep;
  }
}

/** Writes one line to standard output. */
export function print(line = ''): void {
  process.stdout.write(`${toPrintable(line)}\n`);
}

/** Events may carry control characters; what would steer a terminal is shown, our own colours apart. */
function toPrintable(line: string): string {
  // oxlint-disable-next-line no-control-regex
  return line.replaceAll(/(?!\u001B\[\d{1,2}m)[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/g, '\uFFFD');
}

/** Writes one JSON object as a line. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value));
}

/** Progress goes to standard error, so that standard output stays what a script reads. */
export function progress(line: string): void {
  process.stderr.write(`${colors.dim(toPrintable(line))}\n`);
}

export const paint = {
  good: (text: string) => colors.green(text),
  bad: (text: string) => colors.red(text),
  warn: (text: string) => colors.yellow(text),
  strong: (text: string) => colors.bold(text),
  quiet: (text: string) => colors.dim(text),
};

/** A table with left-aligned columns, two blanks between them. */
export function toTable(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Reports a failure the way its author needs it: the user a next step, us a text to file. Returns the exit status. */
export function report(error: unknown, argv: readonly string[]): number {
  if (error instanceof UsageError) {
    process.stderr.write(`${paint.bad('fuse:')} ${error.message}\n  ${error.nextStep}\n`);
    return 1;
  }
  if (error instanceof Error && error.name === 'CACError') {
    process.stderr.write(`${paint.bad('fuse:')} ${error.message}\n  fuse --help lists the commands\n`);
    return 1;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(
    `${paint.bad('fuse failed, and that is our mistake.')} An issue with this text helps:\n\n` +
      `fuse ${argv.join(' ')}\nnode ${process.version} on ${process.platform} ${process.arch}\n${text}\n`,
  );
  return 2;
}

/** How much of a cohort's servers goes, in words. */
export function describeCut(cut: Cut): string {
  switch (cut.scope) {
    case 'server':
      return 'cut whole';
    case 'peers':
      if (cut.from !== undefined) return 'cut from those whose logins at night the server noted';
      return cut.peers.length === 0 ? 'nothing to cut' : `cut from ${cut.peers.join(', ')}`;
    case 'ports':
      return `cut on ports ${cut.ports.join(', ')}`;
    default:
      return cut satisfies never;
  }
}
