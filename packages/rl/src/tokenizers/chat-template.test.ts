import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ChatTemplate } from './chat-template.ts';
import { Tokenizer } from './tokenizer.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');
const FOLDER = join(FIXTURES, 'tiny-bpe');
/** What transformers 5.23 makes of a conversation with the tokenizer of tiny-bpe. */
const expected = z
  .object({
    conversation: z.array(z.object({ role: z.string(), content: z.string() })),
    templates: z.record(
      z.string(),
      z.object({ template: z.string(), text: z.string(), ids: z.array(z.number()) }),
    ),
    own: z.string(),
    own_ids: z.array(z.number()),
  })
  .parse(JSON.parse(readFileSync(join(FIXTURES, 'chat-templates.json'), 'utf8')));
const { conversation } = expected;
const TOKENS = { bos_token: '<|bos|>', eos_token: '<|eos|>' };
const tokenizer = await Tokenizer.fromFolder(FOLDER);

describe('a chat template', () => {
  it.each(Object.entries(expected.templates))(
    'with %s gives the text and tokens of transformers',
    (_, wanted) => {
      expect(new ChatTemplate(wanted.template, TOKENS).render(conversation)).toBe(wanted.text);
      const withTemplate = new Tokenizer(tokenizer.json, {
        ...tokenizer.configJson,
        chat_template: wanted.template,
      });
      expect(withTemplate.encodeChat(conversation)).toEqual(wanted.ids);
    },
  );

  it('is read from chat_template.jinja, and from tokenizer_config.json in older spellings', async () => {
    expect(tokenizer.chatTemplate?.render(conversation)).toBe(expected.own);
    expect(tokenizer.encodeChat(conversation)).toEqual(expected.own_ids);
    const template = readFileSync(join(FOLDER, 'chat_template.jinja'), 'utf8');
    const dir = await mkdtemp(join(tmpdir(), 'rankloop-chat-'));
    await cp(FOLDER, dir, { recursive: true });
    await rm(join(dir, 'chat_template.jinja'));
    expect((await Tokenizer.fromFolder(dir)).chatTemplate).toBeNull();
    const others = { name: 'tool_use', template: 'tools' };
    for (const given of [template, [others, { name: 'default', template }], [{ name: 'only', template }]]) {
      const content = { content: '<|eos|>', special: true };
      const config = { eos_token: content, bos_token: null, chat_template: given };
      await writeFile(join(dir, 'tokenizer_config.json'), JSON.stringify(config));
      expect((await Tokenizer.fromFolder(dir)).chatTemplate?.render(conversation)).toBe(expected.own);
    }
    await rm(dir, { recursive: true });
  });

  it('ends where the messages end when no further one is to be written', () => {
    const open = tokenizer.chatTemplate?.render(conversation) ?? '';
    const closed = tokenizer.chatTemplate?.render(conversation, { addGenerationPrompt: false });
    expect(open).toBe(`${closed}assistant: `);
  });

  it('gets the special tokens, also in the spelling of objects, and further variables', () => {
    const template = ChatTemplate.fromConfig({
      bos_token: { content: '<s>', lstrip: false },
      eos_token: '</s>',
      pad_token: null,
      chat_template: '{{ bos_token }}|{{ eos_token }}|{{ 1 if pad_token is defined else 0 }}|{{ mood }}',
    });
    expect(template?.render([], { variables: { mood: 'calm' } })).toBe('<s>|</s>|0|calm');
  });

  it('gets the special tokens of special_tokens_map.json, where older folders keep them', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'rankloop-chat-'));
    await cp(join(FOLDER, 'tokenizer.json'), join(dir, 'tokenizer.json'));
    const write = (name: string, json: object) => writeFile(join(dir, name), JSON.stringify(json));
    await write('special_tokens_map.json', { bos_token: { content: '<s>' }, eos_token: '</s>' });
    await write('tokenizer_config.json', {
      eos_token: '<end>',
      chat_template: '{{ bos_token }}{{ eos_token }}',
    });
    expect((await Tokenizer.fromFolder(dir)).chatTemplate?.render([])).toBe('<s><end>');
    await rm(dir, { recursive: true });
  });

  it('knows the day', () => {
    expect(new ChatTemplate("{{ strftime_now('%Y') }}").render([])).toBe(String(new Date().getFullYear()));
  });

  it('keeps a special token that a person wrote as text', () => {
    const { bos_token: bos } = TOKENS;
    const template = "{{ bos_token }}{% for m in messages %}{{ m['content'] }}{% endfor %}";
    const withTemplate = new Tokenizer(tokenizer.json, { ...tokenizer.configJson, chat_template: template });
    const ids = withTemplate.encodeChat([{ role: 'user', content: `${bos}a${bos}` }]);
    expect(ids.filter((id) => id === tokenizer.tokenId(bos))).toHaveLength(1);
    expect(ids[0]).toBe(tokenizer.tokenId(bos));
  });
});

describe('a template that misbehaves ends with a sentence', () => {
  it.each([
    ['is not Jinja', '{% for %}', 'could not be read'],
    ['complains', "{{ raise_exception('roles must alternate') }}", 'roles must alternate'],
    ['asks for a huge range', '{% for i in range(1000000000) %}{% endfor %}', 'at most 100000'],
    ['asks for an endless range', '{% for i in range(0, 5, 0) %}{% endfor %}', 'of Infinity numbers'],
    [
      'loops in loops',
      '{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}',
      'steps|too long|too large',
    ],
    [
      'doubles a text',
      "{% set s = namespace(x='ab') %}{% for i in range(99) %}{% set s.x = s.x ~ s.x %}{% endfor %}",
      'too large',
    ],
    [
      'doubles a list',
      '{% set s = namespace(x=[1]) %}{% for i in range(99) %}{% set s.x = s.x + s.x %}{% endfor %}',
      'too large',
    ],
    [
      'nests a list in itself',
      '{% set s = namespace(x=[1]) %}{% for i in range(60) %}{% set s.x = [s.x, s.x] %}{% endfor %}{{ s.x | tojson }}',
      'could not be rendered',
    ],
    ['calls itself for ever', '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}', 'could not be rendered'],
    [
      'reaches for the process',
      "{{ ''.constructor.constructor('return process')() }}",
      'could not be rendered',
    ],
  ])('when it %s', (_, template, sentence) => {
    expect(() => new ChatTemplate(template).render(conversation)).toThrow(new RegExp(sentence));
  });

  it('when it is longer than any template', () => {
    expect(() => new ChatTemplate(' '.repeat(300_000))).toThrow('300000 characters');
  });

  it('when tokenizer_config.json holds something else in its place', () => {
    expect(() => ChatTemplate.fromConfig({ chat_template: 7 })).toThrow('chat_template');
    expect(() => ChatTemplate.fromConfig({ chat_template: 'x', bos_token: [] })).toThrow('bos_token');
  });
});
