/** What the small world writes about. An item is an adjective and a noun of one kind: "blue kettle". */
export type ItemKind = 'thing' | 'place' | 'work';

export interface Item {
  kind: ItemKind;
  adjective: string;
  noun: string;
  /** "blue kettle" */
  name: string;
}

const words = (text: string): readonly string[] => text.split(' ');

const nouns: Record<ItemKind, readonly string[]> = {
  thing: words(
    'kettle lamp chair desk radio clock tent bike pan knife towel pillow blanket jacket hat coat bag cup pot fan sofa toaster mirror rug bed phone camera drum boat ladder brush bottle',
  ),
  place: words(
    'cafe bakery diner hotel pub museum garden cinema market library bar gym park shop spa zoo farm pool',
  ),
  work: words('film book album game play show song story comic opera series poem novel dance'),
};

const adjectives: Record<ItemKind, readonly string[]> = {
  thing: words(
    'red blue green black white small big old new cheap round steel soft gold pink grey long light',
  ),
  place: words('corner old new small big river station hill beach village city north south east west red'),
  work: words('old new short long war space spy love ghost crime horse sea winter summer desert family'),
};

const kinds: readonly ItemKind[] = ['thing', 'place', 'work'];

export const demoItems: readonly Item[] = kinds.flatMap((kind) =>
  nouns[kind].flatMap((noun) =>
    adjectives[kind].map((adjective) => ({ kind, adjective, noun, name: `${adjective} ${noun}` })),
  ),
);

export const itemNouns: ReadonlySet<string> = new Set(kinds.flatMap((kind) => nouns[kind]));
export const itemAdjectives: ReadonlySet<string> = new Set(kinds.flatMap((kind) => adjectives[kind]));
