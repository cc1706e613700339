import { hostWork } from '../../cdk/constructs/host-work.ts';
import type { HostWorkProps } from '../../cdk/constructs/host-work.ts';
import type { Scenario } from '../../lab/scenario.ts';
import { expectSame, expectThat } from './bench.ts';
import type { Findings } from './bench.ts';
import type { CallSeen } from './recorder.ts';

/** Operations that change something in AWS's network, in what leads clients, or on a host. */
const mutating = /^(Modify|Revoke|Authorize|Create|Delete|Replace|Associate|Disassociate|Register|Deregister|Send)/;

/** By operation, what only one action calls; all others change groups, rules or network ACLs. */
const ofFailOver = new Set(['ModifyListener', 'ModifyRule', 'AssociateAddress', 'DisassociateAddress']);

/** How an action ends that called nothing; one that failed may have called. */
const ofNoCall: ReadonlySet<string> = new Set(['handed-over', 'no-standby', 'planned', 'refused']);

/** Documents that look and change nothing. */
const readOnlyDocuments = new Set(['DetectTimeZones', 'CollectState']);

type Expected = NonNullable<Scenario['expect']>;

/** Operations of the calls that changed something, in their order. */
export function changesIn(calls: readonly CallSeen[]): string[] {
  return calls.filter(isChange).map(({ operation }) => operation);
}

function isChange({ service, operation, text }: CallSeen): boolean {
  if (service === 'dynamodb' || !mutating.test(operation)) return false;
  return operation !== 'SendCommand' || !readOnlyDocuments.has(documentOf(text));
}

/** Construct id of the document that a command runs: the name that CDK makes of it ends in eight more digits. */
function documentOf(text: string): string {
  return /"DocumentName":"[^"]*HostDocuments([A-Za-z]+?)[0-9A-F]{8}/.exec(text)?.[1] ?? '';
}

/** The actions a changing call may belong to; a document may serve several. */
export function actionsOf({ operation, text }: CallSeen): readonly string[] {
  if (operation !== 'SendCommand') return [ofFailOver.has(operation) ? 'fail-over' : 'revoke-security-groups'];
  const document = documentOf(text);
  return Object.values<HostWorkProps>(hostWork)
    .filter(({ document: does, onWindows, undo }) => [does, onWindows, undo].includes(document as typeof does))
    .map(({ facts }) => facts.id);
}

/**
 * What was called and must not have been: in shadow mode anything that changes, else what belongs to no action of the
 * scenario, and what came before the write of its own action's former state.
 */
export function findWrongCalls(
  calls: readonly CallSeen[],
  mode: Scenario['mode'],
  entries: Expected['entries'],
): Findings {
  if (mode === 'shadow') return expectSame('Changing calls', changesIn(calls), []);
  return [
    ...expectThat(calls.length > 0, 'No call was seen at all'),
    ...calls.flatMap((call, index) => (isChange(call) ? findFault(call, calls.slice(0, index), entries) : [])),
    ...findMissing(calls, entries),
  ];
}

function findFault(call: CallSeen, earlier: readonly CallSeen[], entries: Expected['entries']): Findings {
  const actions = actionsOf(call).filter((action) => action in entries);
  if (actions.length === 0)
    return [`"${call.operation}" belongs to no action of the scenario: ${call.text.slice(0, 200)}`];
  const isWritten = actions.some((action) =>
    earlier.some(
      ({ service, operation, text }) =>
        service === 'dynamodb' &&
        operation === 'PutItem' &&
        text.includes(`action#${action}#`) &&
        text.includes('#1-intended'),
    ),
  );
  return expectThat(isWritten, `"${call.operation}" comes before what was there is written for ${actions.join(', ')}`);
}

/** An action that the scenario sees done made a call; one that it sees handed on made none. */
function findMissing(calls: readonly CallSeen[], entries: Expected['entries']): Findings {
  const made = new Set(calls.filter(isChange).flatMap(actionsOf));
  return Object.entries(entries).flatMap(([action, status]) => {
    if (status === 'verified') return expectThat(made.has(action), `No call was made for "${action}"`);
    return expectThat(
      !ofNoCall.has(status) || !made.has(action),
      `A call was made for "${action}", which is to be "${status}"`,
    );
  });
}
