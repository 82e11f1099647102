// One form for a message and for the phrases it is compared with.

/**
 * Lower case, without Latin accents and apostrophes; all that is not a letter, mark or digit becomes one space, with a space at each end.
 * @param {string} text
 */
export function fold(text) {
  const plain = text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f\u064b-\u065f'’‘`]/g, "");
  return " " + plain.replace(/[^\p{L}\p{M}\p{N}]+/gu, " ").trim() + " ";
}
