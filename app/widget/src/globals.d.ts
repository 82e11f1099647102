// What the build folds in.
declare module "danger-phrases" {
  const phrases: string; // with | between them
  export default phrases;
}
declare module "spanish-words" {
  const values: any[]; // in the order of the English keys
  export default values;
}
declare module "widget-style" {
  const css: string;
  export default css;
}
