import type { XmlStructure } from './wire/xml.ts';

/** Tags of the resources of one service by ARN. */
export class TagStore {
  readonly #tags = new Map<string, ReadonlyMap<string, string>>();

  set(arn: string, tags: Readonly<Record<string, string>> = {}): void {
    this.#tags.set(arn, new Map(Object.entries(tags)));
  }

  of(arn: string): ReadonlyMap<string, string> {
    return this.#tags.get(arn) ?? new Map<string, string>();
  }

  /** In the form of the query services. */
  view(arn: string): readonly XmlStructure[] {
    return [...this.of(arn)].map(([Key, Value]) => ({ Key, Value }));
  }
}
