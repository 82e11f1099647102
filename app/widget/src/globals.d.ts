// What the build folds in.
declare module "danger-phrases" {
  const phrases: string[];
  export default phrases;
}
declare module "widget-style" {
  const css: string;
  export default css;
}
