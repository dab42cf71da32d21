package dev.holdfast.core.stream;

/** What a protocol reports of a tool call besides its fragments; see {@code docs/dialects.md}. */
public enum ToolCallMark {
  /** The call's own end came: nothing more of it will follow. */
  CLOSED,
  /** The message ended, and the end that this protocol gives every call did not come. */
  UNCLOSED,
  /** The provider reported that the call is not finished. */
  INCOMPLETE,
  /**
   * A fragment that may belong to this call was given to another one: both have one index, or the
   * fragment's index has no call.
   */
  DISPUTED,
  /** The input is text of any form and not JSON. */
  FREE_FORM
}
