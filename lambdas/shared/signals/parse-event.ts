import type { ParsedEvent } from '../contracts/signal.ts';
import { isRecord } from '../record.ts';
import { EnvelopeSchema, isBareFinding } from './envelope.ts';
import { refuseDeepNesting } from './normalise-keys.ts';
import { parseAlarm } from './parse-alarm.ts';
import { parseGuardDuty } from './parse-guardduty.ts';
import { parseManual, type Home } from './parse-manual.ts';
import { applicationSource, orderStateDetailType, parseOrderState } from './parse-order-state.ts';
import { parseSensor, sensorDetailType, sensorSource } from './parse-sensor.ts';
import { whyQuiet } from './quiet-events.ts';
import { parsePart, rejectEvent } from './reject.ts';

const unknownHome: Home = { accountId: '', region: '', receivedAt: '' };

/**
 * Turns any event into a signal, or into the stated reason why it is none. Throws SignalRejectedError with path, rule
 * and value for everything else: an unknown shape must be seen, not skipped. Pure; `home` is needed by manual starts.
 */
export function parseEvent(event: unknown, home: Home = unknownHome): ParsedEvent {
  refuseDeepNesting(event);
  if (!isRecord(event)) return rejectEvent('(root)', 'must be an object', event);
  if ('fuse' in event) return parseManual(event, home);
  if ('detail-type' in event || 'source' in event) return parseEnvelope(event);
  if (isBareFinding(event)) return parseGuardDuty(event);
  if (isCloudTrailRecord(event)) {
    return { kind: 'ignored', reason: 'A CloudTrail record names no server', name: String(event['eventName']) };
  }
  return rejectEvent(
    '(root)',
    'must be an EventBridge event, a GuardDuty finding, a CloudTrail record or a manual start',
    Object.keys(event),
  );
}

/** Sources beginning with `aws.` cannot be forged through PutEvents, so source and type together can be trusted. */
function parseEnvelope(event: Record<string, unknown>): ParsedEvent {
  const source = event['source'];
  const detailType = event['detail-type'];
  if (typeof source !== 'string') return rejectEvent('source', 'must be string', source);
  if (typeof detailType !== 'string') return rejectEvent('detail-type', 'must be string', detailType);
  const quiet = whyQuiet(source, detailType);
  if (quiet !== undefined) return { kind: 'ignored', reason: quiet, name: detailType };
  switch (`${source}|${detailType}`) {
    case 'aws.guardduty|GuardDuty Finding':
      // The finding names its account and region itself: administrator accounts receive those of their members too.
      return parseGuardDuty(event['detail']);
    case 'aws.cloudwatch|CloudWatch Alarm State Change':
    case 'aws.cloudwatch|CloudWatch Alarm Contributor State Change':
      return parseAlarm(parsePart(EnvelopeSchema, event, 'Event'));
    case `${sensorSource}|${sensorDetailType}`:
      return parseSensor(parsePart(EnvelopeSchema, event, 'Event'));
    case `${applicationSource}|${orderStateDetailType}`:
      return parseOrderState(parsePart(EnvelopeSchema, event, 'Event'));
    default:
      return rejectEvent('detail-type', 'must be a known event type', `${source} / ${detailType}`);
  }
}

/** A record of the trail itself, as it lies in the bucket. */
function isCloudTrailRecord(event: Record<string, unknown>): boolean {
  return ['eventVersion', 'eventSource', 'eventName'].every((key) => typeof event[key] === 'string');
}
