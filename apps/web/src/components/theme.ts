import { createTheme, type CSSVariablesResolver } from '@mantine/core';

const FONT =
  "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', Arial, sans-serif";
const MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace";

/** One accent, an 8 px grid, borders instead of shadows. Shade 9 keeps white text on teal readable. */
export const theme = createTheme({
  primaryColor: 'teal',
  primaryShade: { light: 9, dark: 9 },
  autoContrast: true,
  respectReducedMotion: true,
  fontFamily: FONT,
  fontFamilyMonospace: MONO,
  headings: { fontFamily: FONT, fontWeight: '600' },
  defaultRadius: 6,
  cursorType: 'pointer',
  spacing: { xs: '8px', sm: '12px', md: '16px', lg: '24px', xl: '32px' },
  shadows: { xs: 'none', sm: 'none', md: 'none', lg: 'none', xl: 'none' },
  components: {
    // A dialog's head is no banner of the page.
    DrawerHeader: { defaultProps: { role: 'none' } },
  },
});

// The shade that Mantine takes under the pointer is lighter than the darkest, and white text on it too faint.
const DARKER = { '--mantine-color-teal-filled-hover': '#066649' };

export const cssVariables: CSSVariablesResolver = () => ({ variables: {}, light: DARKER, dark: DARKER });
