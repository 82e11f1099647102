// What the build folds in; functions, so that a page that nobody chats on does not pay for the words.
declare module "danger-phrases" {
  const phrases: () => string; // folded, with | between them, spaces around whole words
  export default phrases;
}
declare module "english-words" {
  const words: () => any;
  export default words;
}
declare module "help-lines" {
  const lines: () => any;
  export default lines;
}
declare module "launcher-style" {
  const css: string;
  export default css;
}
declare module "launcher-words" {
  const labels: Record<string, string>; // by language
  export default labels;
}
declare module "panel-style" {
  const css: string;
  export default css;
}
declare module "spanish-words" {
  const values: () => any[]; // in the order of the English keys
  export default values;
}
