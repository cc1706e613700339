import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadTemplate } from '../../../lab/template/load-template.ts';
import { writeAssembly } from './assembly.ts';

describe('loadTemplate', () => {
  it('finds the template, the name of the stack and the assets by hash', async () => {
    const directory = await writeAssembly({ Resources: {} }, { abc: { path: 'asset.abc/index.js', text: '' } });

    expect(loadTemplate(directory)).toEqual({
      stackName: 'ConnectionFuse',
      template: { Resources: {} },
      assets: new Map([['abc', join(directory, 'asset.abc')]]),
    });
  });

  it.each(['Fuse', 'ConnectionFuse'])('takes the stack by the name %s', async (name) => {
    expect(loadTemplate(await writeAssembly({ Resources: {} }), name).stackName).toBe('ConnectionFuse');
  });

  it('refuses a name no stack has, and names those there are', async () => {
    const directory = await writeAssembly({ Resources: {} });

    expect(() => loadTemplate(directory, 'Other')).toThrow("Could not choose stack 'Other'");
    expect(() => loadTemplate(directory, 'Other')).toThrow("its stacks are 'Fuse'");
  });

  it('refuses to choose between two stacks', async () => {
    const stack = { type: 'aws:cloudformation:stack', properties: { templateFile: 'Fuse.template.json' } };
    const directory = await writeAssembly({ Resources: {} }, {}, { artifacts: { One: stack, Two: stack } });

    expect(() => loadTemplate(directory)).toThrow("its stacks are 'One', 'Two'");
  });

  it('says what to do when there is no assembly', () => {
    expect(() => loadTemplate('/nowhere')).toThrow('synthesise the app first');
  });
});
