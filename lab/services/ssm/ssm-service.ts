import { LabSetupError } from '../setup-error.ts';
import { defineOperation, runOperation } from '../wire/service.ts';
import type { AwsService, Operation, ServiceCall, Wire } from '../wire/service.ts';
import { checkAssociation } from './association.ts';
import type { Association } from './association.ts';
import { cancelCommand } from './cancel-command.ts';
import { describeInstanceInformation } from './describe-instance-information.ts';
import { storeDocument } from './document.ts';
import type { AgentState, ManagedInstance, RunCommand } from './invocation.ts';
import { defineDocumentReads } from './read-documents.ts';
import { defineInvocationReads } from './read-invocations.ts';
import { sendCommand, sendCommandInput } from './send-command.ts';
import { SsmDesk } from './ssm-desk.ts';
import type { InvocationListener, Schedule } from './ssm-desk.ts';

/** What Systems Manager needs: an account, hosts, and a clock. */
export interface SsmServiceProps {
  readonly accountId: string;
  /** Runs a script on a server of the lab. */
  readonly runCommand: RunCommand;
  /** Told about every invocation that ended. Default: nobody. */
  readonly onSettled?: InvocationListener | undefined;
  /** Clock of delivery time-outs. Default: real time, without keeping the process alive. */
  readonly schedule?: Schedule | undefined;
}

/** A server whose agent has registered. */
export interface ManagedInstanceSeed {
  readonly instanceId: string;
  readonly platformType?: 'Linux' | 'Windows';
  /** Default: the first agent version with safe ENV_VAR parameters. */
  readonly agentVersion?: string;
  readonly ipAddress?: string;
  readonly agent?: AgentState;
}

/** The Systems Manager of the lab: Command documents of schema 2.2, run on the lab's hosts. */
export class SsmService implements AwsService {
  readonly name = 'ssm';
  readonly wire: Wire = { kind: 'json', targetPrefix: 'AmazonSSM', version: '1.1' };
  /** What was deployed to run on servers by tag; nothing of it runs here. */
  readonly associations: Association[] = [];
  readonly #desk: SsmDesk;
  readonly #operations: Readonly<Record<string, Operation>>;

  constructor(props: SsmServiceProps) {
    this.#desk = new SsmDesk(props.runCommand, props.schedule ?? scheduleInRealTime, props.onSettled);
    this.#operations = {
      ...defineDocumentReads(this.#desk, props.accountId),
      ...defineInvocationReads(this.#desk),
      CancelCommand: cancelCommand(this.#desk),
      DescribeInstanceInformation: describeInstanceInformation(this.#desk),
      SendCommand: defineOperation(sendCommandInput, (input) => sendCommand(this.#desk, input)),
    };
  }

  async run(_operation: string, _input: unknown, call: ServiceCall): Promise<unknown> {
    return await runOperation('SSM', this.#operations, call);
  }

  /** Stores a Command document; its content is checked as CreateDocument does. */
  addDocument(name: string, content: unknown): void {
    this.#desk.documents.set(
      name,
      storeDocument(name, typeof content === 'string' ? content : JSON.stringify(content)),
    );
  }

  /** Keeps an association of a document that is there already; it is checked as CreateAssociation does. */
  addAssociation(association: Association): void {
    checkAssociation(this.#desk, association);
    this.associations.push(association);
  }

  /** Registers a server's agent. */
  addInstance(seed: ManagedInstanceSeed): void {
    const {
      instanceId,
      platformType = 'Linux',
      agentVersion = '3.3.3572.0',
      ipAddress = '0.0.0.0',
      agent = 'online',
    } = seed;
    this.#desk.instances.set(instanceId, { instanceId, platformType, agentVersion, ipAddress, agent });
  }

  /** Loses an agent or finds it again; commands already running are not touched. */
  setAgent(instanceId: string, agent: AgentState): void {
    const instance: ManagedInstance | undefined = this.#desk.instances.get(instanceId);
    if (instance === undefined)
      throw new LabSetupError(`Could not set the agent of '${instanceId}': it is not registered`);
    instance.agent = agent;
  }

  /** Resolves when no script runs any more. */
  async whenIdle(): Promise<void> {
    await this.#desk.whenIdle();
  }
}

/** A time-out of an hour must not keep a finished lab alive. */
function scheduleInRealTime(delayMs: number, run: () => void): void {
  setTimeout(run, delayMs).unref();
}
