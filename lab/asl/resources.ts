/** True for the integration pattern that waits for SendTaskSuccess or SendTaskFailure. */
export function waitsForToken(resource: string): boolean {
  return resource.endsWith('.waitForTaskToken');
}

/** True for a task that starts an execution, whether it waits for its end or not. */
export function startsExecution(resource: string): boolean {
  return /^arn:[^:]+:states:::states:startExecution(\.|$)/.test(resource);
}

/** True for a task that waits for the end of the execution it starts. */
export function waitsForExecution(resource: string): boolean {
  return startsExecution(resource) && /\.sync(:2)?$/.test(resource);
}

/** `arn:aws:states:::lambda:invoke` is shown as type `lambda`, resource `invoke`; SDK calls as type `aws-sdk:<service>`. */
export function splitResource(arn: string): { readonly resourceType: string; readonly resource: string } {
  const parts = arn.split(':').slice(5);
  const typeLength = parts[0] === 'aws-sdk' ? 2 : 1;
  return { resourceType: parts.slice(0, typeLength).join(':'), resource: parts.slice(typeLength).join(':') };
}
