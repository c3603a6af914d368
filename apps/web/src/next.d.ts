/// <reference types="next" />
/// <reference types="next/image-types/global" />
// A bare clone is type-checked before Next has written its own declarations.
declare module '*.css';
