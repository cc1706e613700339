import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cac } from 'cac';
import { addApproveCommands } from './commands/approve.ts';
import { addAuditCommand } from './commands/audit.ts';
import { addLabCommand } from './commands/lab.ts';
import { addModeCommand } from './commands/mode.ts';
import { addPlanCommand } from './commands/plan.ts';
import { addPolicyCommand } from './commands/policy.ts';
import { addRestoreCommand } from './commands/restore.ts';
import { addReviewCommand } from './commands/review.ts';
import { addStatusCommand } from './commands/status.ts';
import { addTripCommand } from './commands/trip.ts';
import { report, UsageError } from './output.ts';

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as {
  version: string;
};

const cli = cac('fuse');
addLabCommand(cli);
addPlanCommand(cli);
addTripCommand(cli);
addApproveCommands(cli);
addRestoreCommand(cli);
addReviewCommand(cli);
addAuditCommand(cli);
addPolicyCommand(cli);
addModeCommand(cli);
addStatusCommand(cli);
cli.help();
cli.version(version);

// A reader that has seen enough, such as `head`, closes the pipe: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  cli.parse(process.argv, { run: false });
  if (cli.matchedCommand === undefined && !('help' in cli.options && cli.options['help']) && !cli.options['version']) {
    throw new UsageError(
      cli.args.length === 0 ? 'No command is given' : `There is no command "${cli.args.join(' ')}"`,
      'fuse --help lists the commands',
    );
  }
  await cli.runMatchedCommand();
} catch (error) {
  process.exitCode = report(error, process.argv.slice(2));
}
