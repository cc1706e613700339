import type { Cohort } from '../contracts/incident.ts';
import type { Signal } from '../contracts/signal.ts';
import type { Policy } from '../policy/policy-schema.ts';
import { readServerFacts, type ServerDescription } from '../policy/server-facts.ts';
import { answer } from './answer.ts';
import { formCohorts, type AnsweredServer } from './form-cohorts.ts';
import { allNo, noCut, repeatSentence } from './nothing.ts';

/** Everything that answering needs to know besides the signal. */
export interface Knowledge {
  readonly policy: Policy;
  /** Servers as EC2 describes them; one that is missing is not known and never cut. */
  readonly descriptions: readonly ServerDescription[];
  /** The account whose servers may be cut. */
  readonly accountId: string;
  /** ISO 8601: exceptions and the time a cut may last are judged as of this moment, so that a retry judges alike. */
  readonly receivedAt: string;
  /** What could not be found out on the way to the servers, for a person; usually empty. */
  readonly doubts: readonly string[];
}

/** GuardDuty calls 4.0 and above Medium: from there a finding that names no server goes to a person. */
const handOverSeverity = 4;

/** States in which a server has no connections left and its id may soon mean nothing. */
const goneStates = new Set(['terminated', 'shutting-down']);

/** From a signal to its cohorts. Pure: `fuse plan` answers by the same function offline. */
export function answerSignal(signal: Signal, knowledge: Knowledge): Cohort[] {
  const doubts = knowledge.doubts.map((doubt) => answerUnknown(null, doubt, doubt));
  const descriptions = new Map(knowledge.descriptions.map((description) => [description.id, description]));
  const servers = signal.servers.map((id) => answerServer(id, descriptions.get(id), signal, knowledge));
  const all = servers.length + doubts.length === 0 ? [answerWithoutServer(signal)] : [...servers, ...doubts];
  return formCohorts(all, signal, knowledge);
}

/** True when EC2 has to be asked about the servers of the signal. */
export function isOwnAccount(signal: Signal, accountId: string): boolean {
  return signal.accountId === accountId;
}

/** Whoever is not known for certain to be ours and alive is handed over. */
function answerServer(
  id: string,
  description: ServerDescription | undefined,
  signal: Signal,
  { policy, accountId, receivedAt }: Knowledge,
): AnsweredServer {
  if (!isOwnAccount(signal, accountId)) {
    const reason = `The servers belong to account ${signal.accountId}, this fuse may cut in ${accountId} only`;
    return answerUnknown(id, reason, reason);
  }
  if (description === undefined) {
    const reason = `EC2 knows no such server in account ${accountId} and this region`;
    return answerUnknown(id, reason, reason);
  }
  if (goneStates.has(description.state)) {
    const reason = `The server is ${description.state}: nothing is left to cut`;
    return answerUnknown(id, reason, reason);
  }
  const facts = readServerFacts(description, policy);
  return { id, facts, ...answer(signal, facts, policy, receivedAt) };
}

/** An incident all the same: it is recorded, and from Medium on a person hears of it. */
function answerWithoutServer(signal: Signal): AnsweredServer {
  const subject = `"${signal.name}" names no server${signal.resource === null ? '' : `, but ${signal.resource}`}`;
  // Sources without a severity: only an alarm of no known meaning may pass without a person.
  const needsPerson = signal.severity === null ? signal.kind !== 'other-alarm' : signal.severity >= handOverSeverity;
  return answerUnknown(
    null,
    subject,
    needsPerson ? `${subject}: what to do about ${signal.kind} is for a person` : null,
  );
}

/** No to everything, cut nothing: of such a server nothing is known that a cut could rest on. */
function answerUnknown(id: string | null, sentence: string, handOver: string | null): AnsweredServer {
  return {
    id,
    answers: allNo,
    evidence: repeatSentence(sentence),
    cut: noCut,
    byProfile: false,
    approvalReason: null,
    handOver,
    facts: { profile: 'general', service: null, lifelineKinds: [], goldenChannels: [], securityGroups: [] },
  };
}
