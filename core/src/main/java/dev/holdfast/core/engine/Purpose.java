package dev.holdfast.core.engine;

/** What an exchange is for. */
enum Purpose {
  /** An answer, from its start or from where a continuation was asked to begin. */
  ANSWER,
  /** The token ids from which the request of the next attempt is made. */
  TOKENS,
  /** The number of tokens of the answer so far, which the request of the next attempt takes off. */
  COUNT,
  /** The rest of a generation that the provider kept. */
  RESUME,
  /** A generation that the provider kept, whole, as one document. */
  POLL
}
