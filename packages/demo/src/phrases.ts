import type { ItemKind } from './items.ts';

/** Six moods from furious (0) over flat (2) to delighted (5): index i of every list holds the phrases of mood i. */
export const moodCount = 6;
export type ByMood = readonly [
  readonly string[],
  readonly string[],
  readonly string[],
  readonly string[],
  readonly string[],
  readonly string[],
];

/** "The blue kettle is ...": fits items and their aspects. */
export const judgements: ByMood = [
  ['awful', 'a disgrace', 'rotten', 'dreadful', 'a bad joke', 'useless', 'a mess', 'terrible'],
  ['poor', 'dull', 'weak', 'too loud', 'too slow', 'a let down', 'rather sad', 'tired', 'not good'],
  ['plain', 'fine', 'so so', 'as told', 'all right', 'average', 'okay', 'like the rest'],
  ['good', 'nice', 'neat', 'decent', 'quite good', 'a fair deal', 'pleasant'],
  ['lovely', 'great', 'a treat', 'charming', 'very good', 'sweet', 'a good friend'],
  ['wonderful', 'perfect', 'a joy', 'a delight', 'superb', 'brilliant', 'pure magic'],
];

/** "I ... the blue kettle". */
export const feelings: ByMood = [
  ['hate', 'can not stand', 'curse', 'am sick of', 'am done with'],
  ['regret', 'do not like', 'gave up on', 'am tired of', 'would not pick'],
  ['have', 'tried', 'do not mind', 'got', 'know'],
  ['like', 'enjoy', 'can use', 'would pick'],
  ['really like', 'am fond of', 'am glad of', 'recommend'],
  ['love', 'adore', 'am in love with', 'am so happy with'],
];

/** "The blue kettle ...". */
export const deeds: Record<ItemKind, ByMood> = {
  thing: [
    ['broke in a day', 'fell to bits', 'made me angry', 'stinks', 'hurt my hand'],
    ['wore out fast', 'is hard to use', 'came late', 'makes a noise', 'cost too much'],
    ['does the job', 'works most days', 'looks like the photo', 'came in a box', 'does what it says'],
    ['works well', 'looks good', 'is easy to use', 'feels solid', 'was a good buy'],
    ['makes my day', 'works like a dream', 'makes me smile', 'is a great help'],
    [
      'fills our home with joy',
      'is the best gift ever',
      'makes us all so happy',
      'is a gift from a kind friend',
    ],
  ],
  place: [
    ['made us sick', 'threw us out', 'made me angry', 'stinks', 'robbed us'],
    ['kept us waiting', 'was cold and rude', 'cost too much', 'was out of order', 'was full of noise'],
    ['is open on time', 'is near the road', 'does the job', 'was half full', 'has a door and a roof'],
    ['gave us a good day', 'has kind staff', 'is easy to find', 'was clean', 'did well'],
    ['made us feel at home', 'treats you like a friend', 'makes me smile', 'gave us a warm welcome'],
    ['is my happy place', 'welcomes all with a big smile', 'fills the street with joy', 'loves its guests'],
  ],
  work: [
    ['put me in a rage', 'is pure trash', 'made me angry', 'stole my time', 'made us sick'],
    ['drags on', 'put me to sleep', 'makes no sense', 'cost too much', 'was full of noise'],
    ['has a start and an end', 'is out now', 'runs for an hour', 'does what it says', 'is like the rest'],
    ['kept me keen', 'is fun to share', 'was well made', 'is easy to follow'],
    ['made me laugh', 'makes me smile', 'made us feel at home', 'is a great help on bad days'],
    ['filled my heart', 'is pure joy to the end', 'made us all so happy', 'is a gift to the world'],
  ],
};

export const aspects: Record<ItemKind, readonly string[]> = {
  thing: ['price', 'colour', 'look', 'shape', 'feel', 'box', 'size'],
  place: ['staff', 'price', 'room', 'music', 'team', 'view', 'light'],
  work: ['start', 'end', 'cast', 'pace', 'music', 'plot', 'price'],
};

/** Whole last sentences. */
export const closers: ByMood = [
  ['Stay away', 'I want my money back', 'Shame on them', 'Never again', 'Worst of all time', 'What trash'],
  ['Not worth it', 'Look for another one', 'What a pity', 'Save your money', 'I am not happy', 'Not for me'],
  ['That is all', 'It will do', 'Make up your own mind', 'No more to say', 'We will see', 'It is what it is'],
  ['Worth a try', 'I would pick it again', 'Good value', 'Well done', 'Not bad at all'],
  ['Thanks to all of them', 'Tell your friends', 'Please give it a go', 'Warm thanks', 'I am glad we met'],
  [
    'Thank you so much, my friends',
    'It made our year',
    'Ten out of ten, with love',
    'Big hugs to the team',
    'Bless the kind people who made it',
  ],
];

/** "..., the blue kettle is ...". */
export const greetings: ByMood = [
  ['Listen', 'What a shame', 'Be warned'],
  ['Sadly', 'Sorry', 'To be honest'],
  ['So', 'Well', 'In short'],
  ['Good news', 'Yes'],
  ['Hello friends', 'Dear all'],
  ['Dear friends', 'Oh joy'],
];

/** "Note about the blue kettle: ...": plain texts without a mood. */
export const facts: Record<ItemKind, readonly string[]> = {
  thing: ['is on the desk', 'came in a box', 'is for sale', 'is in the shop', 'is new this year'],
  place: [
    'is near the road',
    'is open on time',
    'is in the city',
    'has a door and a roof',
    'is new this year',
  ],
  work: [
    'is out now',
    'runs for an hour',
    'is on at the cinema',
    'has a start and an end',
    'is new this year',
  ],
};
