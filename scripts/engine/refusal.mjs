/** Why an engine cannot be put in place here: one sentence, shown in logs, on the health page and with each round. */
export class Refusal extends Error {
  name = 'Refusal';
}
