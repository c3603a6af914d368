import { Radio, Text } from '@mantine/core';
import { ROUND_PRESETS, RoundPreset, type RoundConfig, type RoundDetail } from '@rankloop/contracts';
import { countChanges } from './round-draft.ts';

interface PresetsProps {
  /** As the form stands; null while it is not a round. */
  config: RoundConfig | null;
  source: RoundDetail | null;
  onChoose: (config: RoundConfig) => void;
}

const OWN = 'own';
const SOURCE = 'source';

/** Whole rounds to begin with. */
export function Presets({ config, source, onChoose }: PresetsProps) {
  const same = (other: RoundConfig) => config !== null && countChanges(config, other) === 0;
  const chosen =
    source && same(source.config)
      ? SOURCE
      : (RoundPreset.options.find((name) => same(ROUND_PRESETS[name].config)) ?? OWN);
  const choose = (value: string) => {
    const preset = RoundPreset.safeParse(value);
    if (preset.success) onChoose(ROUND_PRESETS[preset.data].config);
    else if (value === SOURCE && source) onChoose(source.config);
  };
  return (
    <Radio.Group label="Begin with" value={chosen} onChange={choose} mb="md">
      <div className="rounds-presets">
        {source && <Radio value={SOURCE} label={`Round ${source.number}`} description="Its own settings." />}
        {RoundPreset.options.map((name) => (
          <Radio
            key={name}
            value={name}
            label={ROUND_PRESETS[name].label}
            description={ROUND_PRESETS[name].help}
          />
        ))}
        {chosen === OWN && <Radio value={OWN} label="Your own" description="Changed below." />}
      </div>
      <Text size="xs" c="dimmed" mt="xs">
        Presets named after papers keep the papers&apos; stages and the settings that carry over to small
        models.
      </Text>
    </Radio.Group>
  );
}
