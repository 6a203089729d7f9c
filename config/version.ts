/** This program's version. A test holds it equal to package.json, which a bundled program does not carry. */
export const VERSION = "0.1.0";
