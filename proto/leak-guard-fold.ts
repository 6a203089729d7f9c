/** Letters of other scripts that look like Latin ones: what is the same to the eye is the same here. */
const LOOKALIKES: ReadonlyMap<string, string> = new Map(
  [
    ["аɑαａ", "a"],
    ["ЬЪ", "b"],
    ["сϲⅽ", "c"],
    ["ԁⅾ", "d"],
    ["еєҽ", "e"],
    ["ɡ", "g"],
    ["һհ", "h"],
    ["іıιɩ", "i"],
    ["јϳ", "j"],
    ["кκ", "k"],
    ["ӏⅼ", "l"],
    ["мⅿ", "m"],
    ["пո", "n"],
    ["оοօσ", "o"],
    ["рρ", "p"],
    ["ԛ", "q"],
    ["г", "r"],
    ["ѕ", "s"],
    ["тτ", "t"],
    ["υս", "u"],
    ["νѵⅴ", "v"],
    ["ѡԝω", "w"],
    ["хχⅹ", "x"],
    ["уγү", "y"],
    ["ß", "ss"],
    ["ø", "o"],
    ["æ", "ae"],
    ["œ", "oe"],
    ["ł", "l"],
    ["đ", "d"],
  ].flatMap(([letters = "", latin = ""]) => letters.split("").map((letter) => [letter, latin] as const)),
);

/** Lower case, without accents, invisible characters and apostrophes, in Latin letters where it looks like them. */
export function fold(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/[\p{M}\p{Cf}'’ʼ`´]/gu, "")
    .toLowerCase()
    .replace(/[^\p{ASCII}]/gu, (letter) => LOOKALIKES.get(letter) ?? letter);
}

export function wordsOf(folded: string): string[] {
  return folded.match(/[a-z0-9]+/g) ?? [];
}
