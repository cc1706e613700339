import type { CAC } from 'cac';
import type { LabOptions } from '../run-lab.ts';

/** `fuse lab`: the synthesised app on this machine, with real sockets where the machine allows it. */
export function addLabCommand(cli: CAC): void {
  cli
    .command('lab [...scenarios]', 'Play scenarios on the synthesised app, without an account')
    .option('--event <file>', 'Play this event file: hosts are built for the instances it names')
    .option('--json', 'One JSON object per scenario')
    .option('--simulated', 'Use simulated hosts even where real ones are possible')
    .option('--keep', 'Keep the lab up afterwards and print the variables that point the AWS tools to it')
    .example('  fuse lab\n  fuse lab ransomware lifeline\n  fuse lab --event finding.json --json')
    .action(async (names: readonly string[], options: LabOptions) => {
      // Loaded only now: the lab brings half of AWS along, and the other verbs need none of it.
      const { runLab } = await import('../run-lab.ts');
      await runLab(names, options);
    });
}
