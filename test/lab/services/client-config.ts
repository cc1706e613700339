import type { AwsLab } from '../../../lab/services/aws-lab.ts';

/** Config of an SDK client for the lab: one attempt, so that every error is seen. */
export function toClientConfig({ url, region }: Pick<AwsLab, 'url' | 'region'>): {
  readonly endpoint: string;
  readonly region: string;
  readonly maxAttempts: number;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
} {
  const credentials = { accessKeyId: 'AKIALABTEST', secretAccessKey: 'unused' };
  return { endpoint: url, region, maxAttempts: 1, credentials };
}
