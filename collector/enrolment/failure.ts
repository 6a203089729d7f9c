/**
 * Why a machine cannot enrol, or go on being enrolled. The message is a constant of ours with numbers and ids, and says
 * what to do; it never holds a token or what the other side wrote.
 */
export class EnrolmentError extends Error {
  override readonly name = "EnrolmentError";
}
