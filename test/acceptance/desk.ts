import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import { labAccount, startLab } from '../../lab/lab.ts';
import type { Lab } from '../../lab/lab.ts';
import { raiseServer } from '../../lab/play.ts';
import { synthesiseInto } from '../../lab/synthesise.ts';
import type { RespondSeen } from '../../lab/trigger.ts';
import type { AuditItem } from '../../lambdas/shared/clients/audit-item.ts';
import { auditKeys } from '../../lambdas/shared/clients/audit-keys.ts';
import type { Question } from '../../lambdas/shared/clients/audit-table.ts';
import { AssessmentSchema } from '../../lambdas/shared/contracts/incident.ts';
import type { Assessment } from '../../lambdas/shared/contracts/incident.ts';
import type { ManualStartSchema } from '../../lambdas/shared/signals/parse-manual.ts';
import type * as z from 'zod/mini';
import { runFuse } from '../cli/run-fuse.ts';
import type { FuseRun } from '../cli/run-fuse.ts';

type ManualStart = z.infer<typeof ManualStartSchema>;

/** A manual start as it was decided. */
export interface Tripped extends RespondSeen {
  readonly assessed: Assessment;
  readonly incidentId: string;
}

/** A cloud assembly on a policy of the test's own, and the folder to remove afterwards. */
export async function synthesisePolicy(policy: object): Promise<{ assembly: string; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'connection-fuse-policy-'));
  const policyPath = join(folder, 'policy.yaml');
  // JSON is YAML.
  await writeFile(policyPath, JSON.stringify(policy));
  return { assembly: await synthesiseInto(folder, { ...labAccount, policyPath }), folder };
}

/** Operations that change something in EC2 or on a host. */
const mutating = /^(Modify|Revoke|Authorize|Create|Delete|Send)/;

/** Where people work who answer questions: an armed fuse on a policy of its own, simulated servers, the `fuse` command. */
export class Desk {
  readonly lab: Lab;
  readonly #folder: string;
  readonly #former = new Map<string, string>();
  #lastStart = 0;

  constructor(lab: Lab, folder: string) {
    this.lab = lab;
    this.#folder = folder;
  }

  /** Raises servers with one open connection each and returns their ids. */
  async raise(count: number, tags: Readonly<Record<string, string>> = {}): Promise<string[]> {
    const ids: string[] = [];
    for (let index = 0; index < count; index += 1) {
      const number = this.#former.size + 1;
      const id = `i-0d${String(number).padStart(15, '0')}`;
      const address = `10.20.${number >> 8}.${number & 255}`;
      const peer = { name: 'customers', address: '198.51.100.90', connections: 1, port: 8443, golden: false } as const;
      await raiseServer(this.lab, {
        id,
        address,
        tags: { ...tags },
        interfaces: 1,
        peers: [{ ...peer, direction: 'in', allowed: 'anyone' }],
      });
      this.#former.set(id, this.lab.networkOf(id));
      ids.push(id);
    }
    return ids;
  }

  /** Starts the fuse by hand; the flowchart decides. The same `requestId` is a repeat. */
  async trip(servers: readonly string[], start: Partial<ManualStart> = {}): Promise<Tripped> {
    this.#lastStart += 1;
    const seen = await this.lab.trigger({
      fuse: 'trip',
      requestedBy: 'ada',
      reason: 'a drill',
      kind: 'command-and-control',
      servers,
      requestId: `start ${this.#lastStart}`,
      ...start,
    });
    const assessed = AssessmentSchema.parse(seen.assessment);
    return { ...seen, assessed, incidentId: assessed.incident?.id ?? '' };
  }

  /** Those of the servers whose network is not as it was when they were raised. */
  cutOf(servers: readonly string[]): string[] {
    return servers.filter((id) => this.lab.networkOf(id) !== this.#former.get(id));
  }

  async fuse(...args: string[]): Promise<FuseRun> {
    const run = await runFuse(args, this.lab.aws.environment);
    await this.lab.aws.whenIdle();
    return run;
  }

  /** Sends an answer past the command, as anyone may who kept a token. */
  async answer(taskToken: string, answer: object): Promise<void> {
    const { AWS_ENDPOINT_URL: endpoint = '', AWS_REGION: region = '' } = this.lab.aws.environment;
    const credentials = { accessKeyId: 'lab', secretAccessKey: 'lab' };
    const client = new SFNClient({ endpoint, region, credentials });
    await client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(answer) }));
  }

  /** The questions about an incident that wait for an answer, as they stand in the table. */
  async questionsOf(incidentId: string): Promise<Question[]> {
    const items = await this.lab.audit.readIncident(incidentId);
    const isOpen = ({ cohortId }: Question) => !items.some(({ sk }) => sk === auditKeys.answered(cohortId));
    const asked = await this.lab.audit.listQuestions(1000);
    return asked.filter((question) => question.incidentId === incidentId && isOpen(question));
  }

  /** The item of an incident under this sort key. */
  async find(incidentId: string, sk: string): Promise<AuditItem | undefined> {
    return (await this.lab.audit.readIncident(incidentId)).find((item) => item.sk === sk);
  }

  /** Calls since `from` that changed a server or its network. */
  mutationsSince(from: number): string[] {
    return this.lab.aws.gateway.calls
      .slice(from)
      .filter(({ service, operation }) => (service === 'ec2' || service === 'ssm') && mutating.test(operation))
      .map(({ operation }) => operation);
  }

  get callCount(): number {
    return this.lab.aws.gateway.calls.length;
  }

  /** Lets time pass for functions, questions and schedules. */
  async passTime(minutes: number): Promise<void> {
    await this.lab.aws.skipTime(minutes * 60_000);
  }

  async stop(): Promise<void> {
    await this.lab.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Opens a desk; several may stand on one assembly, and the last one removes it. */
export async function openDesk(policy: object): Promise<Desk> {
  const { assembly, folder } = await synthesisePolicy(policy);
  const lab = await startLab({ hosts: 'simulated', assembly, skipsWaits: true });
  await lab.setMode('armed');
  return new Desk(lab, folder);
}
