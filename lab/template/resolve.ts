import { LabSetupError } from '../services/setup-error.ts';
import { identify } from './physical-ids.ts';
import type { Identity, Place } from './physical-ids.ts';
import type { Template } from './template.ts';

/** A template and the place where it is deployed. */
export interface ResolverProps extends Place {
  readonly template: Template;
  /** Values of template parameters. Default: the parameters' own defaults. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

type Intrinsic = (argument: unknown) => unknown;

/** Resolves the intrinsic functions of a template. What the lab does not know is an error that names it. */
export class Resolver {
  readonly #props: ResolverProps;
  readonly #pseudo: Readonly<Record<string, unknown>>;
  readonly #identities = new Map<string, Identity>();
  readonly #intrinsics: Readonly<Record<string, Intrinsic>>;

  constructor(props: ResolverProps) {
    this.#props = props;
    const { accountId, region, partition, stackName } = props;
    this.#pseudo = {
      'AWS::AccountId': accountId,
      'AWS::Region': region,
      'AWS::Partition': partition,
      'AWS::StackName': stackName,
      'AWS::StackId': this.stackId,
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::NotificationARNs': [],
      'AWS::NoValue': undefined,
    };
    this.#intrinsics = this.#defineIntrinsics();
  }

  get stackId(): string {
    const { accountId, region, partition, stackName } = this.#props;
    return `arn:${partition}:cloudformation:${region}:${accountId}:stack/${stackName}/lab`;
  }

  /** Replaces every intrinsic function inside a value; members that become `AWS::NoValue` are left out. */
  resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.resolve(item)).filter((item) => item !== undefined);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const [name = '', argument] = entries[0] ?? [];
    if (entries.length === 1 && (name === 'Ref' || name.startsWith('Fn::'))) return this.#apply(name, argument);
    return Object.fromEntries(
      entries.map(([key, member]) => [key, this.resolve(member)] as const).filter(([, member]) => member !== undefined),
    );
  }

  /** True when a resource or an output with this condition exists. */
  holds(condition: string | undefined): boolean {
    if (condition === undefined) return true;
    const conditions = this.#props.template.Conditions ?? {};
    if (!Object.hasOwn(conditions, condition)) throw unknown('condition', condition);
    return this.#isTrue(conditions[condition]);
  }

  /** What `Ref` and `Fn::GetAtt` answer for a resource. */
  identityOf(logicalId: string): Identity {
    const known = this.#identities.get(logicalId);
    if (known !== undefined) return known;
    const resource = this.#props.template.Resources[logicalId];
    if (resource === undefined || !this.holds(resource.Condition)) throw unknown('resource', logicalId);
    const property = (name: string): unknown => this.resolve(resource.Properties?.[name]);
    const identity = identify({ logicalId, type: resource.Type, property }, this.#props);
    this.#identities.set(logicalId, identity);
    return identity;
  }

  #apply(name: string, argument: unknown): unknown {
    const intrinsic = Object.hasOwn(this.#intrinsics, name) ? this.#intrinsics[name] : undefined;
    if (intrinsic === undefined) throw unknown('intrinsic function', name);
    return intrinsic(argument);
  }

  #defineIntrinsics(): Readonly<Record<string, Intrinsic>> {
    return {
      Ref: (name) => this.#ref(String(name)),
      'Fn::GetAtt': (argument) => this.#getAttribute(argument),
      'Fn::Sub': (argument) => this.#substitute(argument),
      'Fn::Join': (argument) => {
        const [delimiter, list] = this.#list(argument);
        return this.#list(list).map(String).join(String(delimiter));
      },
      'Fn::Select': (argument) => {
        const [index, list] = this.#list(argument);
        return this.#list(list)[Number(index)] ?? refuse(`Fn::Select finds no element '${String(index)}'`);
      },
      'Fn::Split': (argument) => {
        const [delimiter, text] = this.#list(argument);
        return String(text).split(String(delimiter));
      },
      'Fn::If': (argument) => {
        // The branch not taken is not looked at: it may name resources that do not exist.
        const [condition, whenTrue, whenFalse] = argument as readonly unknown[];
        return this.resolve(this.holds(String(condition)) ? whenTrue : whenFalse);
      },
      'Fn::ImportValue': () =>
        refuse("Fn::ImportValue: the lab deploys one stack, which must not need another's exports"),
    };
  }

  #ref(name: string): unknown {
    if (Object.hasOwn(this.#pseudo, name)) return this.#pseudo[name];
    const parameter = this.#props.template.Parameters?.[name];
    if (parameter === undefined) return this.identityOf(name).ref;
    return (
      this.#props.parameters?.[name] ?? parameter.Default ?? refuse(`parameter '${name}' has no value and no default`)
    );
  }

  #getAttribute(argument: unknown): string {
    const [logicalId = '', ...names] =
      typeof argument === 'string' ? argument.split('.') : (argument as readonly string[]);
    const attribute = names.join('.');
    const { attributes } = this.identityOf(logicalId);
    const type = this.#props.template.Resources[logicalId]?.Type ?? '';
    return (
      attributes[attribute] ?? refuse(`attribute '${attribute}' of '${logicalId}' (${type}) is not known to the lab`)
    );
  }

  #substitute(argument: unknown): string {
    const [text, variables] = typeof argument === 'string' ? [argument, {}] : (argument as readonly [string, object]);
    const values = this.resolve(variables) as Readonly<Record<string, unknown>>;
    return text.replaceAll(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal === '!') return `\${${name}}`;
      if (Object.hasOwn(values, name)) return String(values[name]);
      return String(name.includes('.') ? this.#getAttribute(name) : this.#ref(name));
    });
  }

  #isTrue(condition: unknown): boolean {
    const [name = '', argument] = Object.entries(condition as object)[0] ?? [];
    const list = (): readonly unknown[] => argument as readonly unknown[];
    switch (name) {
      case 'Condition':
        return this.holds(String(argument));
      case 'Fn::Equals':
        return JSON.stringify(this.resolve(list()[0])) === JSON.stringify(this.resolve(list()[1]));
      case 'Fn::Not':
        return !this.#isTrue(list()[0]);
      case 'Fn::And':
        return list().every((item) => this.#isTrue(item));
      case 'Fn::Or':
        return list().some((item) => this.#isTrue(item));
      default:
        throw unknown('condition function', name);
    }
  }

  #list(value: unknown): readonly unknown[] {
    const resolved = this.resolve(value);
    return Array.isArray(resolved) ? resolved : refuse(`a list is wanted, received '${JSON.stringify(resolved)}'`);
  }
}

function unknown(noun: string, name: string): LabSetupError {
  return new LabSetupError(`Could not resolve the template: its ${noun} '${name}' is not known to the lab`);
}

function refuse(reason: string): never {
  throw new LabSetupError(`Could not resolve the template: ${reason}`);
}
