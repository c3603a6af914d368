const listOf = (text: string): readonly string[] => text.split(' ');

/** The words of the small worlds; none is in two lists but where a world reads them from the prompt. */
export const nouns = listOf(
  'kettle lamp chair desk radio clock tent bike pan knife towel pillow hat coat bag cup pot fan sofa rug bed drum boat brush',
);
export const colours = listOf(
  'red blue green black white small big old new round soft pink grey long light dark',
);
export const manners = listOf(
  'warm kind quick loud dull neat rough bright calm odd fine weak bold plain sharp lazy fresh stale grand cheap sweet bitter solid shaky clever silly quiet noisy happy gloomy gentle rude honest vague brave timid tidy messy lively drab',
);
export const topics = listOf(
  'river stone bread crown wheel storm bridge garden letter engine market candle forest ladder mirror needle orange pepper rocket saddle temple tunnel valley window anchor basket carpet desert feather hammer island jungle kitten lemon magnet ocean',
);
export const safeVerbs = listOf('mend clean paint move build wash fold store');
export const riskyVerbs = listOf('break burn steal hack');
export const tools = listOf(
  'glue rope soap nails cloth water tape screws oil wax paper sand string wire thread chalk foam salt clay steam',
);
export const cares = listOf('please carefully ask gloves slowly safely permission helper');
export const dangers = listOf('poison smash acid petrol threat rage');

/** Words and full stops of a text, in order. */
export const wordsOf = (text: string): string[] => text.toLowerCase().match(/[a-z]+/g) ?? [];

export const endsWell = (completion: string): boolean => completion.trimEnd().endsWith('.');
