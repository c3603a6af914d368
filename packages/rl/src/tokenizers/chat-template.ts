// Chat templates: how a conversation becomes one text, in Jinja, as model folders carry them.
//
// A template is a program from a stranger's folder. It reaches no file and no network, only values that it is given;
// here it is also held to a number of steps, to sizes and to a time.

import { Environment, Interpreter, Template } from '@huggingface/jinja';
import { createContext, runInContext } from 'node:vm';
import { z } from 'zod';
import { reasonOf } from './reason.ts';

export interface ChatMessage {
  /** "system", "user", "assistant", or what else a template knows. */
  readonly role: string;
  readonly content: string;
}

export interface RenderOptions {
  /** Whether the text ends where the assistant's next message begins; true by default. */
  readonly addGenerationPrompt?: boolean;
  /** Further values that a template asks for ("date_string", "enable_thinking", ...). */
  readonly variables?: Readonly<Record<string, unknown>>;
}

const MAX_SOURCE_CHARACTERS = 200_000;
const MAX_STEPS = 1_000_000;
/** Of one value: characters of a text, elements of a list. */
const MAX_VALUE_SIZE = 2_000_000;
/** Of all values that the steps make, together. */
const MAX_TOTAL_SIZE = 500_000_000;
const MAX_RANGE = 100_000;
/** For what happens within one step. */
const TIMEOUT_MS = 2_000;

const SpecialToken = z.union([
  z.string(),
  z.looseObject({ content: z.string() }).transform((t) => t.content),
]);
const SPECIAL_TOKEN_KEYS = [
  'bos_token',
  'eos_token',
  'unk_token',
  'pad_token',
  'sep_token',
  'cls_token',
] as const;
const NamedTemplates = z.array(z.looseObject({ name: z.string(), template: z.string() })).min(1);
const ConfigSchema = z.looseObject({
  chat_template: z.union([z.string(), NamedTemplates]).nullish(),
  ...Object.fromEntries(SPECIAL_TOKEN_KEYS.map((key) => [key, SpecialToken.nullish()])),
});

export class ChatTemplate {
  readonly #template: Template;
  /** "bos_token", ... by what they stand for. */
  readonly #specialTokens: Readonly<Record<string, unknown>>;

  /** @throws Error when the source is no template */
  constructor(source: string, specialTokens: Readonly<Record<string, unknown>> = {}) {
    if (source.length > MAX_SOURCE_CHARACTERS) {
      throw new Error(`The chat template has ${source.length} characters; at most ${MAX_SOURCE_CHARACTERS}.`);
    }
    this.#template = withinTime('read', () => new Template(source));
    this.#specialTokens = specialTokens;
  }

  /**
   * From tokenizer_config.json, where a template is a text, or, in older files, a list of named ones ("default" is
   * taken, else the first). Null where there is none.
   */
  static fromConfig(configJson: Readonly<Record<string, unknown>>): ChatTemplate | null {
    const parsed = ConfigSchema.safeParse(configJson);
    if (!parsed.success) {
      const key = parsed.error.issues[0]?.path.join('.') ?? '';
      throw new Error(
        `tokenizer_config.json cannot be used: its ${key} is neither a text nor what stands for one.`,
      );
    }
    const { chat_template: given } = parsed.data;
    const named = Array.isArray(given) ? (given.find(({ name }) => name === 'default') ?? given[0]) : null;
    const source = typeof given === 'string' ? given : named?.template;
    if (source === undefined) return null;
    const specialTokens = SPECIAL_TOKEN_KEYS.map((key) => [key, parsed.data[key]] as const);
    return new ChatTemplate(source, Object.fromEntries(specialTokens.filter(([, token]) => token != null)));
  }

  /** @throws Error with the template's own complaint, or saying which limit it ran into */
  render(messages: readonly ChatMessage[], options: RenderOptions = {}): string {
    const values = {
      ...this.#specialTokens,
      // As transformers has them when nobody gives any; templates ask whether they are none.
      tools: null,
      documents: null,
      messages: messages.map((message) => ({ ...message })),
      add_generation_prompt: options.addGenerationPrompt ?? true,
      ...options.variables,
    };
    return withinTime('rendered', () => {
      const result = new BoundedInterpreter(environmentWith(values)).run(this.#template.parsed).value;
      return typeof result === 'string' ? result : '';
    });
  }
}

function environmentWith(values: Readonly<Record<string, unknown>>): Environment {
  const globals = {
    true: true,
    false: false,
    none: null,
    True: true,
    False: false,
    None: null,
    raise_exception: (complaint: unknown) => {
      throw new Error(String(complaint));
    },
    range: boundedRange,
    strftime_now: (format: unknown) => new Template('{{ strftime_now(format) }}').render({ format }),
  };
  const environment = new Environment();
  for (const [name, value] of Object.entries({ ...globals, ...values })) environment.set(name, value);
  return environment;
}

/** Python's range, of numbers that a conversation can need. */
function boundedRange(first: number, second?: number, step = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!(length <= MAX_RANGE)) throw new Error(`range() of ${length} numbers; at most ${MAX_RANGE}`);
  return Array.from({ length }, (_, i) => start + i * step);
}

type Value = ReturnType<Interpreter['evaluate']>;

class BoundedInterpreter extends Interpreter {
  #steps = 0;
  #totalSize = 0;

  override evaluate(...args: Parameters<Interpreter['evaluate']>): Value {
    this.#steps += 1;
    if (this.#steps > MAX_STEPS) throw new Error(`it takes more than ${MAX_STEPS} steps`);
    const value = super.evaluate(...args);
    const size = sizeOf(value.value);
    this.#totalSize += size;
    if (size > MAX_VALUE_SIZE || this.#totalSize > MAX_TOTAL_SIZE)
      throw new Error('it makes values that are too large');
    return value;
  }
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  return value instanceof Map ? value.size : 0;
}

/** Runs `work` until it ends or its time is up; V8 stops it wherever it is. */
function withinTime<T>(verb: string, work: () => T): T {
  let result: { readonly value: T } | undefined;
  const context = createContext({ work: () => (result = { value: work() }) });
  try {
    runInContext('work()', context, { timeout: TIMEOUT_MS });
  } catch (error) {
    throw new Error(`The chat template could not be ${verb}: ${reasonOf(error)}`, { cause: error });
  }
  if (result === undefined) throw new Error(`The chat template could not be ${verb}.`);
  return result.value;
}
