import { findItemOfPrompt, type DemoPrompt } from './prompts.ts';

/**
 * Different outputs among one output per prompt. The item's name is masked: one sentence about 400 items is one
 * output.
 */
export function countDistinct(
  prompts: readonly Pick<DemoPrompt, 'text'>[],
  outputs: readonly string[],
): number {
  const masked = outputs.map((output, index) => {
    const item = findItemOfPrompt(prompts[index]?.text ?? '');
    return item === undefined ? output : output.replaceAll(item.name, '*');
  });
  return new Set(masked).size;
}
