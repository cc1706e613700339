import { DescribeAlarmsCommand, type CloudWatchClient, type MetricAlarm } from '@aws-sdk/client-cloudwatch';
import { chunk } from '../map-concurrently.ts';
import { lookUp } from './aws-errors.ts';

/** A metric alarm as far as it names servers. */
export interface AlarmDescription {
  readonly name: string;
  /** Values of its `InstanceId` dimensions, each once. */
  readonly instanceIds: readonly string[];
}

/** DescribeAlarms takes and answers at most 100 names, so no call has a second page. */
const namesPerCall = 100;

/**
 * Describes the metric alarms of these names; unknown names and composite alarms are left out. Throws
 * LookupFailedError or ThrottledError.
 */
export async function describeAlarms(client: CloudWatchClient, names: readonly string[]): Promise<AlarmDescription[]> {
  const describeChunk = async (some: string[]): Promise<AlarmDescription[]> => {
    const input = { AlarmNames: some, AlarmTypes: ['MetricAlarm' as const], MaxRecords: namesPerCall };
    const { MetricAlarms } = await client.send(new DescribeAlarmsCommand(input));
    return (MetricAlarms ?? []).map(toDescription);
  };
  const chunks = chunk([...names], namesPerCall);
  return lookUp('Alarms', async () => (await Promise.all(chunks.map(describeChunk))).flat());
}

function toDescription({ AlarmName, Dimensions, Metrics }: MetricAlarm): AlarmDescription {
  const dimensions = [
    ...(Dimensions ?? []),
    ...(Metrics ?? []).flatMap(({ MetricStat }) => MetricStat?.Metric?.Dimensions ?? []),
  ];
  const ids = dimensions.filter(({ Name }) => Name === 'InstanceId').flatMap(({ Value }) => Value ?? []);
  return { name: AlarmName ?? '', instanceIds: [...new Set(ids)] };
}
